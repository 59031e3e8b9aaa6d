// The asynchronous flavours: the same exchange behind completions, whether they come inline or later.
// No co_await inside CHECK: the macro names its expression twice, and g++ 12 awaits both.
#include <auditor/client/client.hpp>
#include <auditor/ext/future.hpp>
#include <auditor/json/record_encoder.hpp>
#include <auditor/testing/as_async.hpp>
#include <auditor/testing/manual_executor.hpp>
#include <auditor/testing/manual_loop.hpp>
#include <auditor/testing/scripted_transport.hpp>

#include "catch.hpp"
#include "task.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

using namespace auditor;
using testing::arrival;
using testing::reply;
using testing::scripted_transport;

namespace {

using executor = testing::manual_async_executor;
using async_client = client<testing::as_async<scripted_transport, executor>, executor>;

const timestamp start{std::chrono::microseconds{1'700'000'000'000'000}};

record sample(std::string id) { return record{std::move(id), start}.with_meta("site_id", "site1"); }

std::string stored(const std::string& id) {
  return R"({"record_id":")" + id +
         R"(","meta":null,"components":[],"start_time":"2022-08-03T09:47:00Z","stop_time":null,"runtime":null})";
}

std::string stored(const record& r) {
  std::string text;
  REQUIRE_FALSE(encode_record(r, text));
  return text;
}

struct bench {
  explicit bench(arrival when, const options& settings = {})
      : on(loop), asked(testing::as_async<scripted_transport, executor>(wire, on, when), on, settings) {}

  testing::manual_loop loop;
  executor on;
  scripted_transport wire;
  async_client asked;
};

const arrival both[] = {arrival::in_line, arrival::later};

}  // namespace

TEST_CASE("every operation can be awaited") {
  for (const arrival when : both) {
    bench b(when);
    b.wire.expect(reply::ok());
    b.wire.expect(reply::ok());
    b.wire.expect(reply::ok());
    b.wire.expect(reply::ok());
    b.wire.expect(reply::ok());
    for (int i = 0; i < 3; ++i) b.wire.expect(reply::with(200, stored("a")));
    for (int i = 0; i < 5; ++i) b.wire.expect(reply::with(200, stored("b")));
    std::vector<record> batch{sample("x"), sample("y")};
    std::vector<record> ended{sample("x").with_stop_time(start + std::chrono::hours{1})};
    int steps = 0;
    auto run = [&]() -> task {
      {
        auto got = co_await b.asked.health_check();
        CHECK(got.has_value());
      }
      ++steps;
      auto added = co_await b.asked.add(record{"a", start}.with_meta("site_id", {"a", "b"}), {.timeout = ticks{5'000}});
      CHECK(added.value().how == delivery::stored);
      ++steps;
      {
        auto got = co_await b.asked.update(ended.front());
        CHECK(got.has_value());
      }
      ++steps;
      {
        auto got = co_await b.asked.bulk_insert(batch);
        CHECK(got.delivered() == 2);
      }
      ++steps;
      {
        auto got = co_await b.asked.bulk_update(ended);
        CHECK(got.delivered() == 1);
      }
      ++steps;
      auto all = co_await b.asked.get();
      CHECK(all.value().size() == 1);
      CHECK(all->summary.state == completeness::complete);
      ++steps;
      {
        auto got = co_await b.asked.get_single_record("a");
        CHECK(got.value().record_id == "a");
      }
      ++steps;
      // Another record than the one asked for is not an answer.
      {
        auto got = co_await b.asked.find("a");
        CHECK(got.error().code == errc::not_auditor);
      }
      ++steps;
    };
    const task running = run();
    b.loop.run();
    CHECK(running.done());
    CHECK(steps == 8);
    CHECK(b.wire.left() == 0);
  }
}

TEST_CASE("the arguments of an awaited call may die before it is awaited") {
  bench b(arrival::later);
  b.wire.expect(reply::ok());
  auto run = [&]() -> task {
    std::optional<record> r = sample("gone");
    auto call = b.asked.add(*r);
    r.reset();
    auto got = co_await call;
    CHECK(got.has_value());
  };
  const task running = run();
  b.loop.run();
  CHECK(running.done());
  CHECK(b.wire.sent().front().body.find("\"gone\"") != std::string::npos);
}

TEST_CASE("an awaited stream hands out each record once, and says how it ended") {
  for (const arrival when : both) {
    bench b(when);
    b.wire.expect(reply::with(200, stored("c")));
    b.wire.expect(reply::with(200, stored("a") + stored("b") + stored("c")).in_chunks_of(7));
    std::vector<std::string> seen;
    auto run = [&]() -> task {
      auto records = b.asked.stream(query{});
      for (record r; co_await records.next(r);) seen.push_back(r.record_id);
      CHECK(records.finish().value().state == completeness::complete);
    };
    const task running = run();
    b.loop.run();
    CHECK(running.done());
    CHECK(seen == std::vector<std::string>{"a", "b", "c"});
  }
}

TEST_CASE("a stream that is dropped in the middle leaves nothing behind") {
  for (const arrival when : both) {
    bench b(when);
    b.wire.expect(reply::with(200, stored("c")));
    b.wire.expect(reply::with(200, stored("a") + stored("b") + stored("c")).in_chunks_of(7));
    int seen = 0;
    auto run = [&]() -> task {
      auto records = b.asked.stream(query{});
      record r;
      if (co_await records.next(r)) ++seen;
      CHECK(records.finish().value().state == completeness::stopped);
      CHECK_FALSE(co_await records.next(r));
    };
    const task running = run();
    b.loop.run();
    CHECK(running.done());
    CHECK(seen == 1);
    CHECK(b.loop.waiting() == 0);
  }
}

TEST_CASE("a visitor sees each record, and may want no more") {
  for (const arrival when : both) {
    bench b(when);
    for (int i = 0; i < 2; ++i) {
      b.wire.expect(reply::with(200, stored("c")));
      b.wire.expect(reply::with(200, stored("a") + stored("b") + stored("c")));
    }
    int all = 0, some = 0;
    std::optional<result<read_summary>> whole, part;
    b.asked.for_each(
        query{}, [&](const record_view&) { ++all; }, {}, [&](result<read_summary> r) { whole = std::move(r); });
    b.loop.run();
    b.asked.for_each(
        query{}, [&](const record_view&) { return ++some < 2; }, {}, [&](result<read_summary> r) { part = std::move(r); });
    b.loop.run();
    CHECK(whole->value().state == completeness::complete);
    CHECK(all == 3);
    CHECK(part->value().state == completeness::stopped);
    CHECK(some == 2);
  }
}

TEST_CASE("callbacks and futures get the same results") {
  for (const arrival when : both) {
    bench b(when);
    b.wire.expect(reply::fails(errc::connection_lost));
    b.wire.expect(reply::with(500, "RECORD_EXISTS"));
    b.wire.expect(reply::with(200, stored(sample("a"))));
    b.wire.expect(reply::with(403, "Insufficient permissions"));
    std::optional<result<receipt>> answer;
    b.asked.add(sample("a"), {}, [&answer](result<receipt> r) { answer = std::move(r); });
    CHECK_FALSE(answer);  // never from inside the call
    b.loop.run();
    REQUIRE(answer);
    CHECK(answer->value().how == delivery::already_stored);

    auto refused = b.asked.add(sample("b"), {}, use_future);
    b.loop.run();
    const auto got = refused.get();
    CHECK(got.error().code == errc::not_authorised);
    CHECK(got.error().record_id() == "b");
  }
}

TEST_CASE("a bad record is an error of every flavour, and nothing is sent") {
  bench b(arrival::later);
  auto answer = b.asked.add(sample(" "), {}, use_future);
  b.loop.run();
  CHECK(answer.get().error().code == errc::invalid_record);
  CHECK(b.wire.sent().empty());
}

TEST_CASE("an answer that never comes ends at the attempt's limit, and is asked for again") {
  for (const arrival when : both) {
    options settings;
    settings.attempt = ticks{1'000};
    settings.request = ticks{10'000};
    bench b(when, settings);
    b.wire.expect(reply::fails(errc::timed_out));  // hangs until the driver cancels
    b.wire.expect(reply::ok());
    const ticks before = b.loop.now();
    auto answer = b.asked.add(sample("a"), {}, use_future);
    b.loop.run();
    CHECK(answer.get().value().how == delivery::stored);
    CHECK(b.wire.sent().size() == 2);
    CHECK(b.loop.now() - before >= ticks{1'000});
    CHECK(b.loop.now() - before <= ticks{1'500});
  }
}

TEST_CASE("the caller's own time-out ends the call") {
  bench b(arrival::later);
  b.wire.expect(reply::fails(errc::timed_out));
  const ticks before = b.loop.now();
  auto answer = b.asked.add(sample("a"), {.timeout = ticks{300}}, use_future);
  b.loop.run();
  const auto got = answer.get();
  CHECK(got.error().code == errc::timed_out);
  CHECK(got.error().outcome == outcome::unknown);
  CHECK(b.loop.now() - before == ticks{300});
}

TEST_CASE("a caller's flag is heard within 250 ms in every phase") {
  for (const arrival when : both) {
    // A hanging head, a hanging body, and a wait before the repeat.
    const reply phases[] = {reply::fails(errc::timed_out), reply::with(200, stored("a")).cut_after(5, errc::timed_out),
                            reply::with(503)};
    for (const reply& phase : phases) {
      bench b(when);
      b.wire.expect(phase);
      cancel_flag flag;
      std::optional<result<record_list>> answer;
      b.asked.get({.cancel = &flag}, [&answer](result<record_list> r) { answer = std::move(r); });
      b.loop.run_due();
      if (answer) continue;  // jitter of no length: the script is over
      flag.request();
      const ticks before = b.loop.now();
      while (!answer) {
        b.loop.advance(ticks{10});
        b.loop.run_due();
        REQUIRE(b.loop.now() - before <= ticks{250});
      }
      CHECK(answer->error().code == errc::cancelled);
      CHECK(b.loop.waiting() == 0);
    }
  }
}

TEST_CASE("a call that is cancelled before it starts sends nothing") {
  bench b(arrival::later);
  cancel_flag flag;
  flag.request();
  auto answer = b.asked.add(sample("a"), {.cancel = &flag}, use_future);
  b.loop.run();
  const auto got = answer.get();
  CHECK(got.error().code == errc::cancelled);
  CHECK(got.error().outcome == outcome::not_applied);
  CHECK(b.wire.sent().empty());
}

TEST_CASE("a coroutine that is destroyed while its call runs leaves nothing behind") {
  for (const arrival when : both) {
    for (int turns = 0; turns < 8; ++turns) {
      bench b(when);
      b.wire.expect(reply::with(503));
      b.wire.expect(reply::with(200, stored("a")).in_chunks_of(9));
      b.wire.expect(reply::with(200, stored("a")).in_chunks_of(9));
      auto run = [&]() -> task {
        const auto all = co_await b.asked.get();
        CHECK(all.has_value());
      };
      {
        const task running = run();
        for (int i = 0; i < turns; ++i) b.loop.run_one();
      }
      CHECK(b.loop.waiting() == 0);
    }
  }
}

TEST_CASE("a completion may start the next call, as deep as it likes") {
  for (const arrival when : both) {
    bench b(when);
    constexpr int calls = 10'000;
    for (int i = 0; i < calls; ++i) b.wire.expect(reply::ok());
    int answered = 0;
    struct again {
      bench& b;
      int& answered;
      void operator()(result<receipt> r) const {
        CHECK(r.has_value());
        if (++answered < calls) b.asked.add(sample("r" + std::to_string(answered)), {}, again{b, answered});
      }
    };
    b.asked.add(sample("r0"), {}, again{b, answered});
    b.loop.run();
    CHECK(answered == calls);
  }
}

TEST_CASE("many calls at once share a client") {
  for (const arrival when : both) {
    bench b(when);
    std::vector<std::future<result<receipt>>> answers;
    for (int i = 0; i < 500; ++i) {
      b.wire.expect(reply::ok());
      answers.push_back(b.asked.add(sample("r" + std::to_string(i)), {}, use_future));
    }
    b.loop.run();
    for (auto& each : answers) CHECK(each.get().has_value());
    CHECK(b.wire.sent().size() == 500);
  }
}

TEST_CASE("both drivers send the same requests and give the same answers") {
  // One script, played to a blocking client and to asynchronous ones.
  const auto script = [] {
    return std::vector<reply>{reply::fails(errc::connect_failed),
                              reply::with(500, "UNEXPECTED_ERROR"),
                              reply::with(500, "RECORD_EXISTS"),
                              reply::with(200, stored(sample("a"))),
                              reply::with(200, stored("z")),
                              reply::with(200, stored("a") + stored("m")).in_chunks_of(11),
                              reply::with(200, stored("z")),
                              reply::with(200, stored("a")).cut_after(30),
                              reply::with(200, stored("a") + stored("m") + stored("z"))};
  };
  std::vector<std::string> expected;
  {
    scripted_transport wire;
    for (reply& each : script()) wire.expect(std::move(each));
    client blocking{wire, testing::manual_executor{}};
    CHECK(blocking.add(sample("a")).value().how == delivery::already_stored);
    CHECK(blocking.get().value().size() == 3);
    CHECK(wire.left() == 0);
    for (const auto& each : wire.sent()) expected.push_back(each.line());
  }
  for (const arrival when : both) {
    bench b(when);
    for (reply& each : script()) b.wire.expect(std::move(each));
    auto added = b.asked.add(sample("a"), {}, use_future);
    b.loop.run();
    CHECK(added.get().value().how == delivery::already_stored);
    auto all = b.asked.get({}, use_future);
    b.loop.run();
    CHECK(all.get().value().size() == 3);
    std::vector<std::string> sent;
    for (const auto& each : b.wire.sent()) sent.push_back(each.line());
    CHECK(sent == expected);
  }
}
