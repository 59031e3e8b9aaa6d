// Several windows of one bulk_insert at once: who sends what, what becomes of each record, and how it all ends.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include "catch.hpp"
#include "last_words.hpp"

#include <auditor/client/client.hpp>
#include <auditor/testing/manual_executor.hpp>
#include <auditor/testing/manual_loop.hpp>
#include <auditor/testing/scripted_transport.hpp>

#include <algorithm>
#include <chrono>
#include <coroutine>
#include <cstddef>
#include <deque>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace auditor;
using executor = testing::manual_async_executor;

/// Holds every request until the test answers it. No answer has a body.
class held_transport {
 public:
  class stream;
  struct held {
    std::vector<std::string> ids;
    completion<response_head> opened;
    stream* from;
  };

  class stream {
   public:
    stream() = default;
    ~stream() { forget(); }
    void async_read(std::span<char>, completion<std::size_t> got) { got(std::size_t{0}); }
    void cancel() noexcept {
      if (owner_ != nullptr) owner_->answer_of(this, errc::cancelled);
    }

   private:
    friend class held_transport;
    void forget() {
      if (owner_ != nullptr) std::erase_if(owner_->under_way, [this](const held& each) { return each.from == this; });
      owner_ = nullptr;
    }
    held_transport* owner_ = nullptr;
  };

  void async_open(stream& s, const request_view& request, completion<response_head> opened) {
    held next{{}, opened, &s};
    for (std::size_t at = 0; (at = request.body.find("\"record_id\":\"", at)) != std::string_view::npos;) {
      at += 13;
      next.ids.emplace_back(request.body.substr(at, request.body.find('"', at) - at));
    }
    s.owner_ = this;
    under_way.push_back(std::move(next));
    most = (std::max)(most, under_way.size());
    ++requests;
  }
  // The ids that were sent.
  std::vector<std::string> answer(std::size_t which, result<response_head> with) {
    const held one = under_way[which];
    under_way.erase(under_way.begin() + static_cast<std::ptrdiff_t>(which));
    one.from->owner_ = nullptr;
    one.opened(std::move(with));
    return one.ids;
  }

  std::deque<held> under_way;
  std::size_t most = 0, requests = 0;

 private:
  void answer_of(const stream* from, errc with) {
    for (std::size_t i = 0; i < under_way.size(); ++i)
      if (under_way[i].from == from) return void(answer(i, with));
  }
};

/// The client owns its transport; the test keeps hold of it.
struct held_wire {
  using stream = held_transport::stream;
  held_transport* inner;
  void async_open(stream& s, const request_view& request, completion<response_head> opened) {
    inner->async_open(s, request, opened);
  }
};
using held_client = client<held_wire, executor>;

const timestamp start{std::chrono::hours{450'000}};

std::vector<record> batch_of(std::size_t n) {
  std::vector<record> batch;
  for (std::size_t i = 0; i < n; ++i) batch.push_back(record{"job-" + std::to_string(1'000 + (i * 37) % n), start});
  return batch;
}

struct bench {
  explicit bench(std::size_t records, const options& settings = {})
      : batch(batch_of(records)), asked(held_wire{&wire}, executor(loop), settings) {}

  void insert(const bulk_insert_options& call) {
    asked.bulk_insert(batch, call, [this](bulk_report told) {
      CHECK_FALSE(report);
      report.emplace(std::move(told));
    });
    loop.run_due();
  }
  void answer(std::size_t which, result<response_head> with) {
    for (std::string& id : wire.answer(which, std::move(with))) CHECK(sent.insert(std::move(id)).second);
    loop.run_due();
  }

  testing::manual_loop loop;
  held_transport wire;
  std::vector<record> batch;
  held_client asked;
  std::set<std::string> sent;  // each once
  std::optional<bulk_report> report;
};

const response_head ok{200, -1};

}  // namespace

TEST_CASE("one request at a time, unless more are asked for") {
  bench b(2'000);
  b.insert({});
  while (!b.wire.under_way.empty()) b.answer(0, ok);
  REQUIRE(b.report);
  CHECK(b.wire.most == 1);
  CHECK(b.report->delivered() == 2'000);
  CHECK(b.report->requests() == 4);
}

TEST_CASE("as many requests are under way as asked for, and each record is sent once") {
  for (const std::size_t in_flight : {std::size_t{2}, std::size_t{3}, std::size_t{8}}) {
    bench b(10'000);
    b.insert({.in_flight = in_flight});
    // Answered in another order than sent.
    for (std::size_t round = 0; !b.wire.under_way.empty(); ++round) b.answer(round % b.wire.under_way.size(), ok);
    REQUIRE(b.report);
    CHECK(b.wire.most == in_flight);
    CHECK(b.sent.size() == 10'000);
    CHECK(b.report->delivered() == 10'000);
    CHECK(b.report->requests() == b.wire.requests);
    CHECK(b.wire.requests == 20);
  }
}

TEST_CASE("a small batch is shared out, and an empty one ends") {
  bench b(10);
  b.insert({.in_flight = 4});
  CHECK(b.wire.under_way.size() == 4);
  while (!b.wire.under_way.empty()) b.answer(0, ok);
  REQUIRE(b.report);
  CHECK(b.report->delivered() == 10);

  bench few(2);
  few.insert({.in_flight = 100});
  CHECK(few.wire.under_way.size() == 2);
  while (!few.wire.under_way.empty()) few.answer(0, ok);
  CHECK(few.report.value().delivered() == 2);

  bench none(0);
  none.insert({.in_flight = 4});
  CHECK(none.report.value().size() == 0);
}

TEST_CASE("records of one id wait until all other requests have their answers, whichever window is done last") {
  for (const std::size_t last : {std::size_t{0}, std::size_t{1}, std::size_t{2}}) {
    bench b(6);
    for (std::size_t i = 0; i < 6; ++i) b.batch.push_back(record(b.batch[i]).with_stop_time(start + std::chrono::hours{1}));
    b.insert({.duplicates = on_duplicate::update, .in_flight = 3});
    REQUIRE(b.wire.under_way.size() == 3);
    std::vector<std::size_t> order = {0, 1, 2};
    std::swap(order[last], order[2]);
    b.wire.answer((std::max)(order[0], order[1]), ok);
    b.wire.answer((std::min)(order[0], order[1]), ok);
    b.loop.run_due();
    REQUIRE(b.wire.under_way.size() == 1);  // nothing more while one is under way
    std::set<std::string> closed;
    b.wire.answer(0, ok);
    b.loop.run_due();
    while (!b.wire.under_way.empty()) {
      CHECK(b.wire.under_way.size() == 1);
      for (std::string& id : b.wire.answer(0, ok)) CHECK(closed.insert(std::move(id)).second);
      b.loop.run_due();
    }
    REQUIRE(b.report);
    CHECK(closed.size() == 6);
    CHECK(b.wire.requests == 9);
    CHECK(b.report->delivered() == 12);
  }
}

TEST_CASE("a refusal ends the call when the other requests have their answers") {
  bench b(10'000);
  b.insert({.in_flight = 3});
  b.answer(1, response_head{403, -1});
  CHECK_FALSE(b.report);
  REQUIRE(b.wire.under_way.size() == 2);
  b.answer(0, ok);
  CHECK_FALSE(b.report);
  b.answer(0, ok);
  REQUIRE(b.report);
  CHECK(b.report->delivered() == 1'000);
  CHECK(b.report->not_applied() == 9'000);
  CHECK(b.report->unknown() == 0);
  CHECK(b.report->error().code == errc::not_authorised);
  CHECK(b.report->requests() == 3);
}

TEST_CASE("a cancelled call knows which records may be stored") {
  bench b(10'000);
  cancel_flag flag;
  b.insert({.cancel = &flag, .in_flight = 4});
  b.answer(2, ok);
  REQUIRE(b.wire.under_way.size() == 4);
  flag.request();
  b.loop.run();
  REQUIRE(b.report);
  CHECK(b.wire.under_way.empty());
  CHECK(b.report->delivered() == 500);
  CHECK(b.report->unknown() == 2'000);
  CHECK(b.report->not_applied() == 7'500);
  CHECK(b.report->error().code == errc::cancelled);
}

TEST_CASE("a lost answer concerns the records of its own request") {
  bench b(4, {.retry = {.write_attempts = 1}});
  b.insert({.in_flight = 2});
  const auto held = b.wire.under_way[0].ids;
  b.answer(0, error(errc::connection_lost));
  b.answer(0, ok);  // the other window
  b.answer(0, ok);  // is there a server?
  b.sent.clear();
  b.answer(0, error(errc::connection_lost));  // once more
  REQUIRE(b.report);
  CHECK(b.report->delivered() == 2);
  CHECK(b.report->unknown() == 2);
  for (std::size_t i = 0; i < b.batch.size(); ++i) {
    const bool lost = std::find(held.begin(), held.end(), b.batch[i].record_id) != held.end();
    CHECK((*b.report)[i].outcome == (lost ? outcome::unknown : outcome::delivered));
  }
}

TEST_CASE("an awaited bulk with several requests is dropped without a word") {
  bench b(5'000);
  {
    auto call = b.asked.bulk_insert(b.batch, {.in_flight = 4});
    call.await_suspend(std::noop_coroutine());
    b.loop.run_due();
    CHECK(b.wire.under_way.size() == 4);
  }
  CHECK(b.wire.under_way.empty());
  b.loop.run();
  CHECK(b.wire.requests == 4);
}

TEST_CASE("cancelling a call that is over does nothing") {
  bench b(10);
  auto call = b.asked.bulk_insert(b.batch, {.in_flight = 2});
  call.await_suspend(std::noop_coroutine());
  b.loop.run_due();
  while (!b.wire.under_way.empty()) b.answer(0, ok);
  call.cancel();
  b.loop.run();
  CHECK(call.await_resume().delivered() == 10);
}

#if AUDITOR_ASSERT
TEST_CASE("a debug build notices a client that goes before its calls") {
  testing::manual_loop loop;
  held_transport wire;
  const auto with = [&](auto leave_behind) {
    return last_words([&] {
      std::optional<held_client> asked(std::in_place, held_wire{&wire}, executor(loop), options{});
      [[maybe_unused]] auto left = leave_behind(*asked);
      asked.reset();
    });
  };
  const std::string goes = "a client goes before its calls and streams are over";
  const record r{"a", start};
  const std::vector<record> batch = batch_of(3);
  CHECK(with([&](held_client& c) { return c.add(r); }) == goes);
  CHECK(with([&](held_client& c) { return c.bulk_insert(batch, {.in_flight = 3}); }) == goes);
  CHECK(with([&](held_client& c) { return c.stream(query{}); }) == goes);
  CHECK(with([&](held_client& c) { return c.add(r, {}, [](const result<receipt>&) {}), 0; }) == goes);
  CHECK(with([&](held_client& c) { return held_client(std::move(c)), 0; }) == "");
  CHECK(with([&](held_client& c) {
          auto under_way = c.add(r);
          return held_client(std::move(c)), 0;
        }) == "a client moves while it has calls or streams");
  CHECK(with([](held_client&) { return 0; }) == "");

  using scripted_client = client<testing::scripted_transport, testing::manual_executor>;
  CHECK(last_words([] {
          std::optional<scripted_client> asked(std::in_place, testing::scripted_transport{}, testing::manual_executor{},
                                               options{});
          auto left = asked->stream(query{});
          asked.reset();
        }) == goes);
}
#endif
