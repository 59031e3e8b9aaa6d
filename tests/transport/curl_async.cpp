// The asynchronous client over real HTTP, in every flavour: futures, coroutines and callbacks, on a thread and on a loop.
// No co_await inside CHECK: the macro names its expression twice, and g++ 12 awaits both.
#include <auditor/ext/future.hpp>
#include <auditor/sandbox/http_server.hpp>
#include <auditor/testing/conformance_server.hpp>
#include <auditor/transport/curl_async.hpp>

#include "catch.hpp"
#include "fetch.hpp"
#include "task.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

using namespace auditor;
using testing::chunk;
using testing::chunked_head;
using testing::conformance_server;
using testing::server_connection;

namespace {

using async_client = curl_async_client<io_loop::executor>;

const timestamp start{std::chrono::microseconds{1'700'000'000'000'000}};
record sample(std::string id) { return record{std::move(id), start}.with_meta("site_id", "site1"); }
record ended(std::string id) { return sample(std::move(id)).with_stop_time(start + std::chrono::hours{1}); }

async_client client_of(std::uint16_t port, io_loop::executor on) {
  return async_client_builder().address("127.0.0.1", port).build(on).value();
}

void run_until_done(io_loop& loop, const task& running) {
  while (!running.done()) loop.run_once(ticks{100});
}

// Reads the request, tells, and keeps silent until the client is gone.
conformance_server::script silent(std::atomic<int>& waiting, std::string_view beginning = "") {
  return [&waiting, beginning](server_connection& c) {
    if (c.receive().empty()) return;
    c.send(beginning);
    ++waiting;
    waiting.notify_all();
    c.wait_for_close();
  };
}
void wait_for(const std::atomic<int>& waiting, int count) {
  for (int now = waiting; now < count; now = waiting) waiting.wait(now);
}

}  // namespace

TEST_CASE("every operation gives a future") {
  sandbox store;
  sandbox_server http(store);
  io_thread thread;
  async_client asked = client_of(http.port(), thread.get_executor());

  CHECK(asked.health_check({}, use_future).get().has_value());
  CHECK(asked.add(sample("a"), {}, use_future).get().value().how == delivery::stored);
  CHECK(asked.add(sample("a"), {.duplicates = on_duplicate::fail}, use_future).get().error().code == errc::record_exists);
  CHECK(asked.update(ended("a"), {}, use_future).get().has_value());
  const std::vector<record> batch{sample("b"), sample("c"), sample("d")};
  CHECK(asked.bulk_insert(batch, {}, use_future).get().delivered() == 3);
  const std::vector<record> stopped{ended("b"), ended("c")};
  CHECK(asked.bulk_update(stopped, {}, use_future).get().delivered() == 2);
  const auto all = asked.get({}, use_future).get();
  CHECK(all.value().size() == 4);
  CHECK(all->summary.state == completeness::complete);
  CHECK(asked.get_started_since(start, {}, use_future).get().value().size() == 4);
  CHECK(asked.get_stopped_since(start, {}, use_future).get().value().size() == 3);
  CHECK(asked.advanced_query("runtime[gte]=3600", {}, use_future).get().value().size() == 3);
  CHECK(asked.get_single_record("a", {}, use_future).get().value().record_id == "a");
  CHECK(asked.find("no such", {}, use_future).get().value() == std::nullopt);
  int shown = 0;
  const auto summary = asked.for_each(query{}, [&shown](const record_view&) { ++shown; }, {}, use_future).get();
  CHECK(summary.has_value());
  CHECK(shown == 4);
}

TEST_CASE("every operation can be awaited on a loop of the caller's") {
  sandbox store;
  sandbox_server http(store);
  io_loop loop;
  async_client asked = client_of(http.port(), loop.get_executor());
  int steps = 0;
  auto run = [&]() -> task {
    const auto healthy = co_await asked.health_check();
    CHECK(healthy.has_value());
    const auto added = co_await asked.add(sample("a"));
    CHECK(added.value().how == delivery::stored);
    const auto updated = co_await asked.update(ended("a"));
    CHECK(updated.has_value());
    const std::vector<record> batch{sample("b"), sample("c")};
    const auto inserted = co_await asked.bulk_insert(batch);
    CHECK(inserted.delivered() == 2);
    const std::vector<record> stopped{ended("b"), ended("c")};
    const auto bulk = co_await asked.bulk_update(stopped);
    CHECK(bulk.delivered() == 2);
    const auto all = co_await asked.get();
    CHECK(all.value().size() == 3);
    const auto one = co_await asked.get_single_record("b");
    CHECK(one.value().record_id == "b");
    const auto none = co_await asked.find("z");
    CHECK(none.value() == std::nullopt);
    int shown = 0;
    const auto summary = co_await asked.for_each(query{}, [&shown](const record_view&) { return ++shown < 2; });
    CHECK(summary.value().state == completeness::stopped);
    ++steps;
  };
  const task running = run();
  run_until_done(loop, running);
  CHECK(steps == 1);
}

TEST_CASE("callbacks may call the client again") {
  sandbox store;
  sandbox_server http(store);
  io_thread thread;
  async_client asked = client_of(http.port(), thread.get_executor());
  std::promise<result<record>> last;
  asked.add(sample("a"), {}, [&](const result<receipt>& added) {
    if (!added) return last.set_value(added.error());
    asked.update(ended("a"), {}, [&](const result<void>& updated) {
      if (!updated) return last.set_value(updated.error());
      asked.get_single_record("a", {}, [&](result<record> got) { last.set_value(std::move(got)); });
    });
  });
  CHECK(last.get_future().get().value().record_id == "a");
}

TEST_CASE("hundreds of adds in flight are each stored once") {
  sandbox store;
  sandbox_server http(store);
  io_thread thread;
  async_client asked = client_of(http.port(), thread.get_executor());
  std::vector<std::future<result<receipt>>> adds;
  for (int i = 0; i < 300; ++i) adds.push_back(asked.add(sample("r" + std::to_string(i)), {}, use_future));
  int stored = 0;
  for (auto& each : adds)
    if (const auto got = each.get(); got && got->how == delivery::stored) ++stored;
  CHECK(stored == 300);
  CHECK(store.size() == 300);
  CHECK(store.requests() == 300);
}

TEST_CASE("a stream waits for its consumer, who uses the client meanwhile") {
  constexpr int many = 5'000;
  sandbox store;
  for (int i = 0; i < many; ++i) store.store(ended("r" + std::to_string(i)));
  sandbox_server http(store);
  io_loop loop;
  async_client asked = client_of(http.port(), loop.get_executor());
  int seen = 0, added = 0;
  auto run = [&]() -> task {
    auto records = asked.stream(query{});
    record r;
    while (co_await records.next(r)) {
      if (++seen % 500 != 0) continue;
      for (int turns = 0; turns < 3; ++turns) {
        const auto stored = co_await asked.add(sample("new" + std::to_string(added)));
        if (stored) ++added;
      }
    }
    const auto summary = records.finish();
    CHECK(summary.value().state == completeness::complete);
  };
  const task running = run();
  run_until_done(loop, running);
  CHECK(seen == many);
  CHECK(added == many / 500 * 3);
}

TEST_CASE("a slow consumer of a stream holds the server back and costs no memory") {
  constexpr std::size_t size = 64'000'000;
  std::atomic<std::size_t> offered{0};
  const auto text_of = [](std::size_t number) {
    const std::string digits = std::to_string(1'000'000 + number);
    return R"({"record_id":"r)" + digits + R"(","meta":{"site":[")" + std::string(400, 'x') +
           R"("]},"components":[],"start_time":"2024-01-01T00:00:00Z","stop_time":null,"runtime":null})";
  };
  const std::size_t text_size = text_of(0).size();
  conformance_server server([&](server_connection& c) {
    std::string request = c.receive();
    if (request.starts_with("GET /health_check")) {
      do c.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
      while (!c.receive().empty());
      return;
    }
    if (request.empty()) return;
    c.send(chunked_head);
    for (std::size_t number = 0; offered < size;) {
      std::string block;
      for (int i = 0; i < 200; ++i) block += chunk(text_of(number++));
      if (!c.send(block)) break;
      offered += 200 * text_size;
    }
    c.send(testing::last_chunk);
  });
  io_loop loop;
  async_client asked = client_of(server.port(), loop.get_executor());
  std::size_t before = 0, peak = 0, records_seen = 0;
  auto run = [&]() -> task {
    auto records = asked.stream(query{}, {.reads = proof::none});
    record r;
    while (co_await records.next(r)) {
      if (++records_seen == 1) {
        before = loopback::resident();
        for (int i = 0; i < 500; ++i) {
          const auto healthy = co_await asked.health_check();
          REQUIRE(healthy);
        }
        CHECK(offered < size / 2);
      }
      if (records_seen % 1'000 == 0) peak = (std::max)(peak, loopback::resident());
    }
    CHECK(records.finish().value().records == records_seen);
  };
  const task running = run();
  run_until_done(loop, running);
  CHECK(records_seen * text_size == offered);
  CHECK(offered >= size);
  INFO("resident before: " << before << ", at most: " << peak);
  if (!loopback::sanitized) CHECK(peak < before + 8'000'000);
}

TEST_CASE("a stream that is left early closes its connection and the client goes on") {
  sandbox store;
  for (int i = 0; i < 5'000; ++i) store.store(ended("r" + std::to_string(i)));
  sandbox_server http(store);
  io_loop loop;
  async_client asked = client_of(http.port(), loop.get_executor());
  auto run = [&]() -> task {
    for (int i = 0; i < 5; ++i) {
      auto records = asked.stream(query{});
      record r;
      const bool first = co_await records.next(r);
      CHECK(first);
      const auto one = co_await asked.get_single_record("r7");
      CHECK(one.value().record_id == "r7");
    }
  };
  const task running = run();
  run_until_done(loop, running);
}

TEST_CASE("a flag set by another thread ends a call before the head and within the body") {
  const std::string begun = std::string(chunked_head) + chunk("[");
  for (const std::string& beginning : {std::string(), begun}) {
    std::atomic<int> waiting{0};
    conformance_server server(silent(waiting, beginning));
    io_thread thread;
    async_client asked = client_of(server.port(), thread.get_executor());
    cancel_flag flag;
    auto got = asked.get({.cancel = &flag}, use_future);
    wait_for(waiting, 1);
    flag.request();
    CHECK(got.get().error().code == errc::cancelled);
    CHECK(server.requests() == 1);
  }
}

TEST_CASE("a time limit ends a call that nobody answers") {
  std::atomic<int> waiting{0};
  conformance_server server(silent(waiting));
  io_thread thread;
  async_client asked = client_of(server.port(), thread.get_executor());
  CHECK(asked.health_check({.timeout = ticks{100}}, use_future).get().error().code == errc::timed_out);
  CHECK(asked.get({.timeout = ticks{100}}, use_future).get().error().code == errc::timed_out);
}

TEST_CASE("a call under way can be cancelled and dropped on its strand") {
  std::atomic<int> waiting{0};
  conformance_server server(silent(waiting));
  io_loop loop;
  async_client asked = client_of(server.port(), loop.get_executor());
  errc code{};
  auto cancelled = [&]() -> task {
    auto call = asked.health_check();
    struct canceller {
      decltype(call)& which;
      io_loop::wakeup wakeup;
      canceller(decltype(call)& c, const io_loop::executor& on) : which(c), wakeup(on, &canceller::rang, this) {}
      static void rang(void* self) noexcept { static_cast<canceller*>(self)->which.cancel(); }
    } later(call, loop.get_executor());
    later.wakeup.wake_at(loop.get_executor().now() + ticks{50});
    const auto got = co_await call;
    code = got.error().code;
  };
  {
    const task running = cancelled();
    run_until_done(loop, running);
  }
  CHECK(code == errc::cancelled);

  bool resumed = false;
  auto dropped = [&]() -> task {
    const auto got = co_await asked.health_check();
    resumed = got.has_value() || true;
  };
  {
    const int before = waiting;
    const task running = dropped();
    while (waiting == before) loop.run_once(ticks{10});
  }
  for (int i = 0; i < 5; ++i) loop.run_once(ticks{10});
  CHECK(!resumed);
}

TEST_CASE("flags of many calls in flight may be set at any time") {
  sandbox store;
  sandbox_server http(store);
  io_thread thread;
  async_client asked = client_of(http.port(), thread.get_executor());
  std::vector<std::unique_ptr<cancel_flag>> flags;
  std::vector<std::future<result<receipt>>> adds;
  for (int i = 0; i < 200; ++i) {
    flags.push_back(std::make_unique<cancel_flag>());
    adds.push_back(asked.add(sample("r" + std::to_string(i)), {.cancel = flags.back().get()}, use_future));
    if (i % 3 == 0) flags[static_cast<std::size_t>(i) / 2]->request();
  }
  std::size_t delivered = 0, over = 0;
  for (auto& each : adds) {
    const auto got = each.get();
    if (got) ++delivered;
    if (got || got.error().code == errc::cancelled) ++over;
  }
  CHECK(over == adds.size());
  CHECK(delivered <= store.size());
}

TEST_CASE("a client comes and goes while the thread of its loop stays") {
  sandbox store;
  sandbox_server http(store);
  io_thread thread;
  for (int i = 0; i < 20; ++i) {
    async_client asked = client_of(http.port(), thread.get_executor());
    if (i % 4 == 0) continue;  // never used
    CHECK(asked.add(sample("r" + std::to_string(i)), {}, use_future).get().has_value());
    async_client moved = std::move(asked);
    if (i % 4 == 1) CHECK(moved.health_check({}, use_future).get().has_value());
  }
  CHECK(store.size() == 15);
}

TEST_CASE("a server that is not there is no connection") {
  const testing::closed_port nobody(testing::closed_port::way::refuses);
  io_thread thread;
  async_client asked = client_of(nobody.port(), thread.get_executor());
  CHECK(asked.health_check({}, use_future).get().error().code == errc::connect_failed);
}

TEST_CASE("the callback of the last call may destroy the client") {
  sandbox store;
  sandbox_server http(store);
  io_thread thread;
  for (int i = 0; i < 10; ++i) {
    auto asked = std::make_unique<async_client>(client_of(http.port(), thread.get_executor()));
    std::promise<bool> over;
    asked->add(sample("r" + std::to_string(i)), {}, [&](const result<receipt>& added) {
      const bool stored = added.has_value();
      asked.reset();
      over.set_value(stored);
    });
    CHECK(over.get_future().get());
  }
}

TEST_CASE("a client may be destroyed while its loop is left") {
  sandbox store;
  sandbox_server http(store);
  for (int i = 0; i < 50; ++i) {
    io_loop loop;
    std::optional<async_client> asked(client_of(http.port(), loop.get_executor()));
    std::thread running([&loop] { loop.run(); });
    CHECK(asked->health_check({}, use_future).get().has_value());
    loop.stop();
    asked.reset();
    running.join();
  }
}
