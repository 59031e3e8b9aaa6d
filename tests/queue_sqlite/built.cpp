// The queue that client_builder builds: a file, and a client with a loop of its own that sends several requests at once.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include <auditor/queue/sqlite_queue.hpp>
#include <auditor/sandbox/http_server.hpp>
#include <auditor/testing/conformance_server.hpp>

#include <chrono>
#include <cstddef>
#include <string>
#include <thread>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

#include "../catch.hpp"
#include "histories.hpp"

namespace {

using sqlite_test::folder;

using auditor::errc;
using auditor::record;
using auditor::route;
using namespace std::chrono_literals;

record job(int i) {
  return record{"job-" + std::to_string(i), auditor::timestamp(std::chrono::hours(24 * 20'000))}.with_component(
      auditor::component{"CPU", 8});
}
record ended(int i) { return job(i).with_stop_time(job(i).start_time + 1h); }

auto queue_to(const std::string& url, const std::string& file, const auditor::queue_options& settings = {}) {
  auto queue = auditor::client_builder().connection_string(url).build_queued(file, settings);
  REQUIRE(queue);
  return *std::move(queue);
}

template <class Check>
bool comes(const Check& check) {
  for (int i = 0; i < 10'000 && !check(); ++i) std::this_thread::sleep_for(1ms);
  return check();
}

constexpr int some = 2'000;

}  // namespace

TEST_CASE("a built queue has several requests under way at once, and a life that ends in the midst of them loses nothing") {
  const folder at;
  std::vector<record> jobs;
  for (int i = 0; i < some; ++i) jobs.push_back(job(i));
  for (const std::size_t in_flight : {std::size_t{4}, std::size_t{1}}) {
    auditor::testing::conformance_server silent([](auditor::testing::server_connection& c) {
      c.receive();
      c.wait_for_close();
    });
    auditor::queue_options settings;
    settings.in_flight = in_flight;
    auto queue = queue_to("http://127.0.0.1:" + std::to_string(silent.port()), at / "queue", settings);
    if (in_flight == 4) REQUIRE(queue.bulk_insert(jobs));
    CHECK(comes([&] { return silent.requests() == in_flight; }));
    std::this_thread::sleep_for(20ms);
    const auditor::queue_rest rest = queue.close(10ms);
    CHECK(rest.waiting == some);
    CHECK(rest.why.code == errc::cancelled);
    CHECK(auditor::message(rest.why).find("nothing was sent") == std::string::npos);
    CHECK(silent.requests() == in_flight);
  }
  auditor::sandbox server{{}};
  const auditor::sandbox_server http(server);
  auto queue = queue_to(http.url(), at / "queue");
  REQUIRE(queue.flush(60s));
  CHECK(server.size() == some);
  CHECK(queue.metrics().delivered == some);
  CHECK(queue.metrics().dead == 0);
}

TEST_CASE("a built queue sets stop times, and looks at what it cannot add") {
  const folder at;
  auditor::sandbox server{{}};
  const auditor::sandbox_server http(server);
  server.store(job(2));
  server.store(job(3).with_meta("site", "another"));
  auto queue = queue_to(http.url(), at / "queue");
  REQUIRE(queue.add(job(1)));
  REQUIRE(queue.update(ended(1)));
  REQUIRE(queue.update(ended(2)));
  REQUIRE(queue.add(job(3)));
  REQUIRE(queue.flush(60s));
  CHECK(server.find("job-1")->stop_time);
  CHECK(server.find("job-2")->stop_time);
  const auto letters = queue.dead_letters();
  REQUIRE(letters);
  REQUIRE(letters->size() == 1);
  CHECK(letters->front().code == errc::conflict);
  CHECK(queue.metrics().delivered == 3);
}

TEST_CASE("a built queue stays the parent's behind a fork") {
  const folder at;
  auditor::sandbox server{{}};
  const auditor::sandbox_server http(server);
  auto queue = queue_to(http.url(), at / "queue");
  REQUIRE(queue.add(job(1)));
  REQUIRE(queue.flush(60s));
  const pid_t child = fork();
  if (child == 0) {
    const auto refused = queue.add(job(2));
    const bool is_told = !refused && refused.error().code == errc::invalid_argument && !queue.flush(1ms);
    {
      const auto gone = std::move(queue);
    }
    _exit(is_told ? 0 : 1);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  REQUIRE(queue.add(job(3)));
  REQUIRE(queue.flush(60s));
  CHECK(server.size() == 2);
}

TEST_CASE("what is wrong with a built queue is said before it is there") {
  const folder at;
  const auto builder = auditor::client_builder().address("localhost", 8000);
  auditor::queue_options settings;
  settings.in_flight = 0;
  const auto wrong = builder.build_queued(at / "queue", settings);
  REQUIRE(!wrong);
  CHECK(wrong.error().words() == "queue_options::in_flight: must be 1 at least");
  const auto nowhere = builder.build_queued(at / "no/queue");
  REQUIRE(!nowhere);
  CHECK(nowhere.error().code == errc::storage_failed);
  const auto no_host = auditor::client_builder().connection_string("http://").build_queued(at / "queue");
  REQUIRE(!no_host);
  CHECK(no_host.error().code == errc::invalid_argument);
  auto memory = builder.build_queued(at / "queue", {}, {.level = auditor::durability::none});
  REQUIRE(memory);
  CHECK(memory->metrics().level == auditor::durability::none);
}
