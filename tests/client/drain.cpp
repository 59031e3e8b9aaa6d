// The end of an asynchronous client: calls that are waited for, calls that are ended, and streams that go while somebody waits.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include "catch.hpp"
#include "task.hpp"

#include <auditor/auditor.hpp>
#include <auditor/ext/future.hpp>
#include <auditor/testing/as_async.hpp>
#include <auditor/testing/manual_executor.hpp>
#include <auditor/testing/manual_loop.hpp>
#include <auditor/testing/scripted_transport.hpp>

#include <chrono>
#include <coroutine>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace {

using namespace auditor;
using namespace std::chrono_literals;
using testing::arrival;
using testing::reply;
using testing::scripted_transport;
using executor = testing::manual_async_executor;
using transport_type = testing::as_async<scripted_transport, executor>;
using async_client = client<transport_type, executor>;

const timestamp start{std::chrono::hours{450'000}};
const reply silence = reply::fails(errc::timed_out);  // until the driver cancels it

std::string text_of(const std::string& id) {
  return R"({"record_id":")" + id +
         R"(","meta":null,"components":[],"start_time":"2022-08-03T09:47:00Z","stop_time":null,"runtime":null})";
}

struct bench {
  explicit bench(arrival when = arrival::later) : asked(std::in_place, transport_type(wire, on, when), on, options{}) {}
  void run_for(ticks time) {
    for (const ticks end = loop.now() + time; loop.now() < end; loop.advance(ticks{10})) loop.run_due();
  }

  testing::manual_loop loop;
  executor on{loop};
  scripted_transport wire;
  std::optional<async_client> asked;
};

TEST_CASE("a drain waits for the calls under way, and says that all came to their end") {
  for (const arrival when : {arrival::in_line, arrival::later}) {
    bench b(when);
    b.wire.expect(reply::with(503)).expect(reply::ok());  // with a wait between
    std::string told;
    b.asked->add(record{"a", start}, {}, [&](const result<receipt>& r) { told += r ? 'a' : '?'; });
    b.asked->drain(10s, [&](bool all) {
      told += all ? "all" : "some";
      b.asked.reset();  // from here on it may go
    });
    CHECK(told.empty());
    b.loop.run();
    CHECK(told == "aall");
  }
}

TEST_CASE("a drain of nothing is over at once") {
  bench b;
  bool over = false;
  const ticks began = b.loop.now();
  b.asked->drain(10s, [&](bool all) { over = all; });
  CHECK_FALSE(over);
  b.loop.run();
  CHECK(over);
  CHECK(b.loop.now() == began);
}

TEST_CASE("a drain ends what takes longer, and waits until each has told its result") {
  bench b;
  for (int i = 0; i < 5; ++i) b.wire.expect(silence);
  std::vector<errc> ends;
  const std::vector<record> batch = {record{"b", start}, record{"c", start}};
  b.asked->add(record{"a", start}, {}, [&](const result<receipt>& r) { ends.push_back(r.error().code); });
  b.asked->find("x", {}, [&](const auto& r) { ends.push_back(r.error().code); });
  b.asked->bulk_insert(batch, {.in_flight = 2}, [&](const bulk_report& r) { ends.push_back(r.error().code); });
  auto run = [&]() -> task { ends.push_back((co_await b.asked->get()).error().code); };
  const task running = run();
  std::optional<bool> drained;
  auto drain = [&]() -> task { drained = co_await b.asked->drain(2s); };
  const task draining = drain();
  b.run_for(1'900ms);
  CHECK(ends.empty());
  CHECK_FALSE(drained);
  b.run_for(200ms);
  CHECK(ends == std::vector<errc>(4, errc::cancelled));
  CHECK(drained == false);
  CHECK(running.done());
  CHECK(draining.done());
  CHECK(b.loop.waiting() == 0);
}

TEST_CASE("a drain ends what was begun meanwhile, too, and can be ended itself") {
  bench b;
  for (int i = 0; i < 9; ++i) b.wire.expect(silence);
  int ended = 0;
  b.asked->health_check({}, [&](const result<void>&) {
    ++ended;
    b.asked->health_check({}, [&](const result<void>&) { ++ended; });
  });
  auto drain = b.asked->drain((ticks::max)());
  bool over = false;
  drain.start([](void* self) noexcept { *static_cast<bool*>(self) = true; }, &over);
  b.run_for(100ms);
  CHECK(ended == 0);
  drain.cancel();
  b.run_for(100ms);
  CHECK(over);
  CHECK(ended == 2);
}

TEST_CASE("a stream counts for a drain while somebody waits for its next record") {
  bench b;
  b.wire.expect(reply::with(200, text_of("a") + text_of("b")).cut_after(text_of("a").size(), errc::timed_out));
  auto records = b.asked->stream(query{}, {.reads = proof::none});
  record r;
  std::optional<bool> more;
  records.next(r, [&](bool there) { more = there; });
  b.run_for(10ms);
  REQUIRE(more == true);
  auto drained = b.asked->drain(1s, use_future);
  b.run_for(10ms);
  CHECK(drained.get());  // nobody waits
  more.reset();
  records.next(r, [&](bool there) { more = there; });
  auto again = b.asked->drain(1s, use_future);
  b.run_for(1'100ms);
  CHECK(more == false);
  CHECK_FALSE(again.get());
  CHECK(records.finish().error().code == errc::cancelled);
}

TEST_CASE("a stream that goes while somebody waits drops the handler") {
  for (const bool posted : {false, true}) {
    bench b;
    b.wire.expect(silence);
    const auto held = std::make_shared<int>();
    record r;
    {
      auto records = b.asked->stream(query{});
      records.next(r, [held](bool) { FAIL("told"); });
      if (!posted) b.run_for(10ms);
      CHECK(held.use_count() == 2);
    }
    CHECK(held.use_count() == 1);
    b.loop.run();
  }
}

TEST_CASE("a coroutine that goes while it waits for a record, or whose stream goes, is not resumed") {
  for (const bool stream_first : {false, true}) {
    bench b;
    b.wire.expect(silence);
    std::optional<async_client::stream_type> records;
    struct emplace_here {
      operator async_client::stream_type() const { return of.stream(query{}); }
      async_client& of;
    };
    records.emplace(emplace_here{*b.asked});
    bool told = false;
    record r;
    auto run = [&]() -> task {
      co_await records->next(r);
      told = true;
    };
    std::optional<task> running(run());
    b.run_for(10ms);
    if (stream_first) records.reset();
    running.reset();
    if (!stream_first) {
      records->cancel();
      b.loop.run();
      CHECK(records->finish().error().code == errc::cancelled);
    }
    b.loop.run();
    CHECK_FALSE(told);
  }
}

TEST_CASE("a callback that asks for the next record does not pile up") {
  constexpr int many = 20'000;
  bench b(arrival::in_line);
  std::string all;
  for (int i = 0; i < many; ++i) all += text_of(std::to_string(i));
  b.wire.expect(reply::with(200, all));
  struct reader {
    void next() {
      records.next(r, [this](bool more) {
        if (!more) return;
        ++seen;
        next();
      });
    }
    async_client::stream_type records;
    record r{};
    int seen = 0;
  } one{b.asked->stream(query{}, {.reads = proof::none})};
  one.next();
  b.loop.run();
  CHECK(one.seen == many);
  CHECK(one.records.finish());
}

}  // namespace
