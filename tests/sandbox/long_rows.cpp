// Records that are too long to be read, and are not asked for: they may stand where a proof looks.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include <auditor/auditor.hpp>
#include <auditor/sandbox/sandbox.hpp>
#include <auditor/sandbox/transport.hpp>
#include <auditor/testing/manual_executor.hpp>

#include <chrono>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "../catch.hpp"

using auditor::errc;
using auditor::query;
using auditor::record;
using namespace std::chrono_literals;

namespace {

constexpr auditor::timestamp noon(std::chrono::hours(24 * 20'000));

record job(const std::string& id, std::chrono::hours after) {
  return record{id, noon + after}.with_component(auditor::component{"CPU", 8}).with_stop_time(noon + after + 1h);
}
record long_job(const std::string& id, std::chrono::hours after) {
  return job(id, after).with_meta("words", std::string(200, 'x'));
}

// Four short records an hour apart, and one that is long: the last one by its id.
struct table {
  auditor::sandbox server{auditor::sandbox_options{}};
  auditor::options settings;

  explicit table(std::chrono::hours long_one) {
    for (int i = 0; i < 4; ++i) server.store(job("id-" + std::to_string(i), std::chrono::hours(i)));
    server.store(long_job("id-9", long_one));
    settings.max_record = 300;
  }
  auto client() {
    return auditor::client(auditor::sandbox_transport(server), auditor::testing::manual_executor(), settings);
  }
};

struct seen {
  std::vector<std::string> shown, told;
};
seen read(auditor::result<auditor::read_summary>& got, table& of, const query& asked) {
  seen all;
  auto client = of.client();
  got = client.for_each(asked, [&](const auditor::record_view& r) { all.shown.emplace_back(r.record_id); },
                        {.unreadable = [&](std::string_view id) { all.told.emplace_back(id); }});
  return all;
}

}  // namespace

TEST_CASE("a range does not fail because of a long record outside of it") {
  auditor::result<auditor::read_summary> got = errc::busy;
  for (const auto where : {-100h, 100h}) {
    table of(where);
    const seen some = read(got, of, query{}.with_start_time(auditor::gte(noon), auditor::lt(noon + 2h)));
    REQUIRE(got);
    CHECK(some.shown == std::vector<std::string>{"id-0", "id-1"});
    CHECK(some.told.empty());
    const seen stopped = read(got, of, query{}.with_stop_time(auditor::gt(noon + 2h), auditor::lte(noon + 3h)));
    REQUIRE(got);
    CHECK(stopped.shown == std::vector<std::string>{"id-2"});
    CHECK(got->state == auditor::completeness::complete);
  }
}

TEST_CASE("nothing of a range is proven beside a long record that is not next to it") {
  auditor::result<auditor::read_summary> got = errc::busy;
  table of(100h);
  const seen none = read(got, of, query{}.with_start_time(auditor::gt(noon + 1h), auditor::lt(noon + 2h)));
  REQUIRE(got);
  CHECK(got->state == auditor::completeness::complete);
  CHECK(none.shown.empty());
  // In it: then it is told.
  of.server.store(long_job("id-8", 5h));
  const seen one = read(got, of, query{}.with_start_time(auditor::gt(noon + 4h), auditor::lt(noon + 6h)));
  REQUIRE(got);
  CHECK(one.told == std::vector<std::string>{"id-8"});
  // Next to it: whether it is in it, only its times could say.
  const seen none_known = read(got, of, query{}.with_start_time(auditor::gt(noon + 6h), auditor::lt(noon + 7h)));
  REQUIRE(!got);
  CHECK(got.error().code == errc::record_too_large);
  CHECK(none_known.told.empty());
}

TEST_CASE("a long record is no answer to the question for another id") {
  table of(2h);
  auto client = of.client();
  const auto found = client.find("id-7", [](const auditor::record_view&) {});
  REQUIRE(found);
  CHECK(found->records == 0);
  CHECK(found->state == auditor::completeness::none_found);
  const auto it = client.find("id-9", [](const auditor::record_view&) {});
  REQUIRE(!it);
  CHECK(it.error().code == errc::record_too_large);
  CHECK(it.error().record_id() == "id-9");
}

TEST_CASE("an id without room in the workspace is buffer_full, and named") {
  table of(2h);
  for (const std::size_t size : {0u, 1u, 8u, 31u, 40u, 100u}) {
    std::vector<char> workspace(size);
    auditor::client client(auditor::sandbox_transport(of.server), auditor::testing::manual_executor(), auditor::options(),
                           std::span<char>(workspace));
    const auto found = client.find("id-77", [](const auditor::record_view&) {});
    if (found) continue;
    INFO("a workspace of " << size << " bytes: " << message(found.error()));
    CHECK((found.error().code == errc::buffer_full || found.error().code == errc::record_too_large));
    CHECK(found.error().record_id() == "id-77");
  }
}
