// The answer to a bulk is lost although it was stored: each record is looked at, and what that costs.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include "server_under_test.hpp"

#include <cstdio>

using namespace live;
using auditor::errc;
using auditor::on_duplicate;

namespace {

// The server does what the first request asks for, and nobody hears of it.
class deaf_once {
 public:
  using stream = auditor::curl_transport::stream;
  explicit deaf_once(auditor::curl_transport inner) : inner_(std::move(inner)) {}

  auditor::result<auditor::response_head> open(stream& s, const auditor::request_view& request,
                                               const auditor::call& limits) {
    auto head = inner_.open(s, request, limits);
    if (++requests == 1) return auditor::error(errc::connection_lost, "nobody listened");
    return head;
  }
  std::size_t requests = 0;

 private:
  auditor::curl_transport inner_;
};

}  // namespace

TEST_CASE("a bulk of 500 that was stored, and whose answer was lost, is told from strangers' by a look at each record") {
  for (const on_duplicate policy :
       {on_duplicate::fail, on_duplicate::compare, on_duplicate::update, on_duplicate::ignore}) {
    const records mine;
    auditor::client client{
        deaf_once(auditor::curl_builder().connection_string(servers::under_test().url()).build().value())};
    const auto batch = mine.many(500);
    auditor::bulk_insert_options call;
    call.duplicates = policy;
    const auto began = std::chrono::steady_clock::now();
    const auditor::bulk_report report = client.bulk_insert(batch, call);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    INFO(message(report.error()));
    CHECK(report);
    if (policy == on_duplicate::ignore) {
      CHECK(report.duplicates() == 500);  // whoever's they are
    } else {
      CHECK(report.delivered() == 500);
      CHECK(client.transport().requests == 2 + 500);
    }
    std::printf("a lost window of 500, policy %s: %.2f s, %zu requests\n", std::string(to_string(policy)).c_str(),
                took.count(), client.transport().requests);
  }
}

TEST_CASE("a stranger's record behind a lost answer is nobody's success") {
  for (const on_duplicate policy : {on_duplicate::fail, on_duplicate::compare, on_duplicate::update}) {
    const records mine;
    auto stranger = connect();
    auditor::record theirs = mine.closed(mine.id(1));
    theirs.components.front().amount += 1;
    REQUIRE(stranger.add(theirs));
    auditor::client client{
        deaf_once(auditor::curl_builder().connection_string(servers::under_test().url()).build().value())};
    auditor::add_options call;
    call.duplicates = policy;
    const auto added = client.add(mine.closed(mine.id(1)), call);
    REQUIRE_FALSE(added);
    CHECK(added.error().outcome == auditor::outcome::duplicate);
    CHECK(added.error().code == (policy == on_duplicate::fail ? errc::record_exists : errc::conflict));
    CHECK(stored_differently(stranger, theirs).empty());
  }
}
