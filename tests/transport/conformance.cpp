// The transports of the library under the conformance suite.
#include <auditor/sandbox/transport.hpp>
#include <auditor/testing/conformance.hpp>
#include <auditor/transport/curl.hpp>
#include <auditor/transport/curl_async.hpp>
#include <auditor/transport/function.hpp>

#include "catch.hpp"
#include "fetch.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace auditor;
using testing::conformance_settings;
using testing::finding;

namespace {

std::vector<std::string_view> skipped(const std::vector<finding>& all) {
  std::vector<std::string_view> names;
  for (const finding& each : all)
    if (each.what == testing::standing::skipped) names.push_back(each.rule);
  return names;
}

conformance_settings settings() {
  conformance_settings all;
  if (loopback::sanitized) all.longest_wait = ticks{20'000};
  return all;
}

// A whole answer, by way of a transport that streams: what a program with an HTTP client of its own would write.
struct fetch_whole {
  result<whole_response> operator()(const request_view& request, const call& limits) {
    curl_transport::stream s;
    const auto head = inner->open(s, request, limits);
    if (!head) return head.error();
    whole_response whole{head->status, {}, head->retry_after};
    for (char piece[16'384];;) {
      const auto bytes = s.read(piece, limits);
      if (!bytes) return bytes.error();
      if (*bytes == 0) return whole;
      whole.body.append(piece, *bytes);
    }
  }
  std::shared_ptr<curl_transport> inner;
};

curl_transport blocking(const std::string& host, std::uint16_t port) {
  return curl_builder().address(host, port).build().value();
}
template <class Executor>
auto asynchronous(Executor executor) {
  return [executor](const std::string& host, std::uint16_t port) {
    auto session = detail::curl_session::create(curl_builder().address(host, port).settings().value());
    return curl_async_transport<Executor>(std::move(session).value(), executor);
  };
}

}  // namespace

TEST_CASE("the blocking libcurl transport conforms", "[conformance]") {
  conformance_settings told = settings();
  std::vector<std::string_view> begun;
  told.begins = [&begun](std::string_view rule) { begun.push_back(rule); };
  const auto all = testing::conformance(blocking, told);
  INFO(testing::report(all));
  CHECK(testing::conforms(all));
  CHECK(skipped(all).size() == 1);
  std::vector<std::string_view> tried;
  for (const finding& each : all)
    if (each.what != testing::standing::skipped) tried.push_back(each.rule);
  CHECK(begun == tried);
}

TEST_CASE("a function that calls libcurl conforms", "[conformance]") {
  conformance_settings whole = settings();
  whole.streams = false;
  const auto make = [](const std::string& host, std::uint16_t port) {
    return function_transport(fetch_whole{std::make_shared<curl_transport>(blocking(host, port))});
  };
  const auto all = testing::conformance(make, whole);
  INFO(testing::report(all));
  CHECK(testing::conforms(all));
  CHECK(skipped(all).size() == 2);
}

TEST_CASE("the asynchronous libcurl transport conforms on a loop that the caller turns", "[conformance]") {
  io_loop loop;
  const auto turn = [&loop] { loop.run_once(ticks{10}); };
  const auto all = testing::conformance(asynchronous(loop.get_executor()), loop.get_executor(), turn, settings());
  INFO(testing::report(all));
  CHECK(testing::conforms(all));
  CHECK(skipped(all).size() == 2);
}

TEST_CASE("the asynchronous libcurl transport conforms on a thread of its own", "[conformance]") {
  io_thread thread;
  const auto all = testing::conformance(asynchronous(thread.get_executor()), thread.get_executor(), {}, settings());
  INFO(testing::report(all));
  CHECK(testing::conforms(all));
  CHECK(skipped(all).size() == 2);
}

TEST_CASE("the sandbox conforms where no socket is needed", "[conformance]") {
  sandbox server;
  sandbox_transport through(server);
  const std::string record = R"({"record_id":"a","meta":{},"components":[],"start_time":"2022-08-03T09:47:00Z"})";
  const header json[] = {{"Content-Type", "application/json"}};
  {
    sandbox_transport::stream s;
    REQUIRE(through.open(s, {.method = verb::post, .target = "/record", .headers = json, .body = record}, {})->status ==
            200);
  }
  const auto all =
      testing::conformance_without_server(through, {.method = verb::get, .target = "/records", .headers = {}, .body = {}});
  INFO(testing::report(all));
  CHECK(testing::conforms(all));
  CHECK(skipped(all).size() > 20);
}
