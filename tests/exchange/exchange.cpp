// Repeating, waiting, giving up, being cancelled and being watched: what the exchange does around every operation.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include "catch.hpp"

#include <auditor/auditor.hpp>
#include <auditor/testing/manual_executor.hpp>
#include <auditor/testing/scripted_transport.hpp>

#include <chrono>
#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace auditor;
using namespace std::chrono_literals;
using testing::manual_executor;
using testing::reply;
using testing::scripted_transport;
using client_type = client<scripted_transport, manual_executor>;

const timestamp start{std::chrono::hours{450'000}};
record some_record(std::string id = "job#1") {
  return record{std::move(id), start}.with_stop_time(start + std::chrono::hours{1});
}

constexpr const char* two_records =
    R"({"record_id":"a","meta":null,"components":[],"start_time":"2023-01-01T00:00:00Z","stop_time":null,"runtime":null})"
    R"({"record_id":"b","meta":null,"components":[],"start_time":"2023-01-01T00:00:00Z","stop_time":null,"runtime":null})";

scripted_transport always(reply r, int times) {
  scripted_transport wire;
  for (int i = 0; i < times; ++i) wire.expect(r);
  return wire;
}
reply busy_for(std::int32_t seconds, int status = 503) {
  reply r = reply::with(status);
  r.retry_after = seconds;
  return r;
}

TEST_CASE("a call that was begun before a fork sends nothing more in the child") {
  options settings;
  settings.observer = [](const attempt_event&) { ++detail::forks; };
  client_type c(always(reply::with(502), 9), manual_executor(), settings);
  const error said = c.add(some_record()).error();
  CHECK(said.code == errc::invalid_argument);
  CHECK(said.outcome == outcome::unknown);
  CHECK(c.transport().sent().size() == 1);
  CHECK(c.find("x").error().code == errc::invalid_argument);
  CHECK(c.transport().sent().size() == 2);
  const std::vector<record> batch(3, some_record());
  CHECK(c.bulk_insert(batch).unknown() == 3);
  CHECK(c.transport().sent().size() == 3);
  detail::forks = 0;
}

// ---- how often, and how long between ----------------------------------------------------------------------------

TEST_CASE("a write is tried as often as the policy says, and waits between two thirds and the whole of a doubling limit") {
  for (unsigned attempts = 0; attempts <= 14; ++attempts)
    for (std::uint64_t seed = 1; seed < 40; ++seed) {
      options settings;
      settings.retry.write_attempts = static_cast<std::uint8_t>(attempts);
      settings.request = 10h;
      client_type c(always(reply::with(502), 30), manual_executor(seed), settings);
      CHECK(c.add(some_record()).error().code == errc::server_failure);
      const std::size_t tries = attempts == 0 ? 1 : attempts;
      REQUIRE(c.transport().sent().size() == tries);
      const std::vector<ticks>& waits = c.executor().waits();
      REQUIRE(waits.size() == tries - 1);
      ticks limit = 500ms;
      for (const ticks wait : waits) {
        CHECK(wait >= limit - limit / 3);
        CHECK(wait <= limit);
        limit = (std::min)(limit * 2, ticks{20s});
      }
    }
}

TEST_CASE("the jitter uses its whole range") {
  ticks shortest = 1h, longest = 0ms;
  for (std::uint64_t seed = 0; seed < 2'000; ++seed) {
    client_type c(always(reply::with(502), 2), manual_executor(seed * 7919), options{});
    CHECK_FALSE(c.add(some_record()));
    shortest = (std::min)(shortest, c.executor().waits().at(0));
    longest = (std::max)(longest, c.executor().waits().at(0));
  }
  CHECK(shortest >= 334ms);
  CHECK(shortest <= 336ms);
  CHECK(longest >= 498ms);
  CHECK(longest <= 500ms);
}

TEST_CASE("a server that restarts within five seconds is waited for") {
  // Nobody answers for so long, then all is well.
  class restarting {
   public:
    using stream = scripted_transport::stream;
    result<response_head> open(stream& s, const request_view& request, const call& limits) {
      if (clock->now() < ready) return error(errc::connect_failed);
      return plays.expect(reply::ok()).open(s, request, limits);
    }
    scripted_transport plays;
    const manual_executor* clock = nullptr;
    ticks ready{};
  };
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    client<restarting, manual_executor> c(restarting{}, manual_executor(seed), options{});
    c.transport().clock = &c.executor();
    c.transport().ready = c.executor().now() + 5s;
    CHECK(c.add(some_record()));
  }
}

TEST_CASE("a read without progress is tried eight times, and waits for the restart of a database") {
  client_type c(always(reply::fails(errc::connect_failed), 30), manual_executor(3), options{});
  const auto got = c.get();
  CHECK(got.error().code == errc::connect_failed);
  CHECK(got.error().attempts == 8);
  CHECK(c.transport().sent().size() == 8);
  REQUIRE(c.executor().waits().size() == 7);
  ticks limit = 400ms;
  for (const ticks wait : c.executor().waits()) {
    CHECK(wait <= limit);
    CHECK(wait >= limit - limit / 3);
    limit = (std::min)(limit * 2, ticks{20s});
  }
}

TEST_CASE("a health check is never repeated") {
  client_type c(always(reply::with(503), 3), manual_executor(), options{});
  CHECK(c.health_check().error().code == errc::server_failure);
  CHECK(c.transport().sent().size() == 1);
}

TEST_CASE("Retry-After lengthens the wait, never shortens it, and ends the call when it asks for more than the limit") {
  struct row {
    std::int32_t seconds;
    unsigned requests;
    ticks least;
  };
  const row rows[] = {
      {-1, 3, 0s},  {0, 3, 0s},  {1, 3, 1s},  {7, 3, 7s},     {44, 3, 44s},
      {46, 2, 46s},  // a second wait would end behind the request's 90 s
      {89, 2, 89s}, {90, 1, 0s}, {91, 1, 0s}, {3'600, 1, 0s}, {std::numeric_limits<std::int32_t>::max(), 1, 0s}};
  for (const int status : {503, 429, 408, 425, 500})
    for (const row& each : rows) {
      INFO(status << " after " << each.seconds);
      options three_attempts;
      three_attempts.retry.write_attempts = 3;
      client_type c(always(busy_for(each.seconds, status), 5), manual_executor(), three_attempts);
      const auto added = c.add(some_record());
      CHECK(added.error().code == errc::server_failure);
      CHECK(added.error().outcome == outcome::unknown);
      CHECK(added.error().status == status);
      CHECK(c.transport().sent().size() == each.requests);
      for (const ticks wait : c.executor().waits()) CHECK(wait >= each.least);
    }
}

TEST_CASE("a Retry-After beyond the limit is named in the error, before the words of the answer") {
  struct row {
    std::int32_t seconds;
    ticks call;
    std::string_view words;
  };
  const row rows[] = {
      {3'600, 2h, "options::request ends before Retry-After (3600 s); down"},
      {90, 2h, "options::request ends before Retry-After (90 s); down"},
      {50, 2h, "options::request ends before Retry-After (50 s); down"},  // of the second answer
      {20, 10s, "call_options::timeout ends before Retry-After (20 s); down"},
      {-1, 100ms, "down"},
      {0, 100ms, "down"},
  };
  for (const row& each : rows) {
    INFO(each.seconds);
    reply down = reply::with(503, "down");
    down.retry_after = each.seconds;
    client_type c(always(down, 5), manual_executor(), options{});
    call_options call;
    call.timeout = each.call;
    CHECK(c.add(some_record(), call).error().words() == each.words);
    CHECK(c.executor().waits().size() < 2);
  }
}

TEST_CASE("one request with its repeats has 90 seconds, one attempt 30") {
  client_type c(always(reply::with(502), 3), manual_executor(), options{});
  CHECK_FALSE(c.add(some_record()));
  for (const auto& sent : c.transport().sent()) CHECK(sent.timeout == 30s);

  options hasty;
  hasty.request = 45s;
  client_type d({busy_for(20), busy_for(20), reply::ok()}, manual_executor(), hasty);
  CHECK(d.add(some_record()));
  REQUIRE(d.transport().sent().size() == 3);
  CHECK(d.transport().sent()[0].timeout == 30s);
  CHECK(d.transport().sent()[1].timeout <= 25s);  // what is left of the request
  CHECK(d.transport().sent()[2].timeout <= 5s);
}

TEST_CASE("a call with a limit of its own ends by it, in every phase") {
  call_options brief;
  brief.timeout = 3s;
  SECTION("no wait is begun that it would not survive") {
    client_type c({busy_for(2), busy_for(2), reply::ok()}, manual_executor(), options{});
    const auto added = c.add(some_record(), brief);
    CHECK(added.error().outcome == outcome::unknown);
    CHECK(c.transport().sent().size() == 2);
    CHECK(c.transport().sent()[0].timeout == 3s);
    CHECK(c.transport().sent()[1].timeout == 1s);
  }
  SECTION("a bulk stops between two windows") {
    options one;
    one.max_batch = 1;
    client_type c({busy_for(2), reply::ok(), busy_for(2), reply::ok()}, manual_executor(), one);
    const std::vector<record> batch = {some_record("a"), some_record("b"), some_record("c")};
    const bulk_report report = c.bulk_insert(batch, brief);
    CHECK(report[0].outcome == outcome::delivered);
    CHECK(report[1].outcome == outcome::unknown);
    CHECK(report[2].outcome == outcome::not_applied);
    CHECK(report[2].code != errc::ok);
  }
  SECTION("a read has the time that is left") {
    client_type c({reply::fails(errc::connect_failed)}, manual_executor(), options{});
    CHECK_FALSE(c.get(brief));
    CHECK(c.transport().sent()[0].timeout == 3s);
  }
}

TEST_CASE("a limit of nothing or less is over before anything is sent, and ticks::max() is no limit") {
  for (const ticks limit : {ticks{0}, ticks{-1}, (ticks::min)()}) {
    client_type c(always(reply::ok(), 1), manual_executor(), options{});
    const auto added = c.add(some_record(), {.timeout = limit});
    CHECK(added.error().code == errc::timed_out);
    CHECK(added.error().outcome == outcome::not_applied);
    CHECK(added.error().words() == "call_options::timeout is over");
    CHECK(c.get({.timeout = limit}).error().code == errc::timed_out);
    CHECK(c.transport().sent().empty());
  }
  options hasty;
  hasty.call_timeout = 1s;
  client_type c(always(reply::fails(errc::connect_failed), 20), manual_executor(), hasty);
  CHECK(c.find("x", {.timeout = (ticks::max)()}).error().attempts == 8);
}

TEST_CASE("a call without a limit of its own has that of the client") {
  options settings;
  settings.call_timeout = 3s;
  client_type c({busy_for(2), busy_for(2), reply::ok()}, manual_executor(), settings);
  CHECK(c.add(some_record()).error().outcome == outcome::unknown);
  CHECK(c.transport().sent().size() == 2);
  CHECK(c.transport().sent()[0].timeout == 3s);
  client_type d({busy_for(2), busy_for(2), reply::ok()}, manual_executor(), settings);
  CHECK(d.add(some_record(), {.timeout = 10s}));
  client_type e({reply::fails(errc::timed_out)}, manual_executor(), settings);
  const error late = e.get().error();
  CHECK(late.words().starts_with("options::call_timeout is over"));
  CHECK(message(late).find("or raise it") != std::string::npos);
}

// Nobody answers anything.
class silent_server {
 public:
  struct stream {
    result<std::size_t> read(std::span<char>, const call& limits) { return of->waits(limits); }
    silent_server* of = nullptr;
  };
  result<response_head> open(stream& s, const request_view&, const call& limits) {
    s.of = this;
    ++requests;
    if (sends_head) return response_head{200, -1};
    return waits(limits);
  }
  error waits(const call& limits) const {
    clock->advance(limits.timeout);
    return errc::timed_out;
  }
  manual_executor* clock = nullptr;
  bool sends_head = false;
  unsigned requests = 0;
};

TEST_CASE("a read of which nothing came is not asked again, and says which option to raise") {
  struct row {
    const char* question;
    error (*ask)(client<silent_server, manual_executor>&);
    const char* option;
    ticks limit;
  };
  const row rows[] = {
      {"one id", [](auto& c) { return c.find("x").error(); }, "options::request", 10s},
      {"a single record", [](auto& c) { return c.get_single_record("x").error(); }, "options::request", 10s},
      {"the last id", [](auto& c) { return c.get().error(); }, "options::request", 10s},
      {"the last id of a filter",
       [](auto& c) { return c.advanced_query(query{}.with_meta("site", contains("a"))).error(); }, "options::request", 10s},
      {"a neighbour", [](auto& c) { return c.get_started_since(start).error(); }, "options::request", 10s},
      {"one at most", [](auto& c) { return c.advanced_query(query{}.limit(1), {.reads = proof::none}).error(); },
       "options::request", 10s},
      {"two", [](auto& c) { return c.advanced_query(query{}.limit(2)).error(); }, "options::read_idle", 60s},
      {"many", [](auto& c) { return c.get({.reads = proof::none}).error(); }, "options::read_idle", 60s},
      {"many, briefly", [](auto& c) { return c.get({.timeout = 4s}).error(); }, "call_options::timeout", 4s},
  };
  options settings;
  settings.attempt = settings.request = 10s;
  for (const bool sends_head : {false, true})
    for (const row& each : rows) {
      INFO(each.question << (sends_head ? ", of which a head came" : ""));
      client<silent_server, manual_executor> c(silent_server{}, manual_executor(), settings);
      c.transport().clock = &c.executor();
      c.transport().sends_head = sends_head;
      const ticks began = c.executor().now();
      const error e = each.ask(c);
      CHECK(e.code == errc::timed_out);
      CHECK(e.words().starts_with(each.option));
      CHECK(c.transport().requests == 1);
      CHECK(c.executor().now() - began == each.limit);
    }
}

TEST_CASE("the time that a visitor takes is no silence, and counts for the limit of the call alone") {
  // Two records at once, and then the end.
  struct both_at_once {
    struct stream {
      result<std::size_t> read(std::span<char> into, const call& one) {
        of->limits.push_back(one.timeout);
        const std::string_view text = two_records;
        return of->limits.size() == 1 ? text.copy(into.data(), into.size()) : std::size_t{0};
      }
      both_at_once* of = nullptr;
    };
    result<response_head> open(stream& s, const request_view&, const call&) {
      s.of = this;
      return response_head{200};
    }
    std::vector<ticks> limits;
  };
  const ticks silence = options{}.read_idle;
  client<both_at_once, manual_executor> c(both_at_once{}, manual_executor(), options{});
  const auto slow = [&c, silence](const record_view&) { c.executor().advance(silence - ticks{1}); };
  CHECK(c.for_each(query{}, slow, {.reads = proof::none}).value().records == 2);
  CHECK(c.transport().limits == std::vector<ticks>{silence, silence});

  c.transport().limits.clear();
  CHECK(c.for_each(query{}, slow, {.timeout = silence, .reads = proof::none}).error().code == errc::timed_out);
  CHECK(c.transport().limits.size() == 1);
}

TEST_CASE("a question that one record answers, and its repeats, have the time of one request") {
  // Each answer is lost only after 20 s.
  class slow_death {
   public:
    using stream = scripted_transport::stream;
    result<response_head> open(stream&, const request_view&, const call& limits) {
      clock->advance((std::min)(limits.timeout, ticks{20s}));
      return limits.timeout < 20s ? errc::timed_out : errc::connection_lost;
    }
    manual_executor* clock = nullptr;
  };
  client<slow_death, manual_executor> c(slow_death{}, manual_executor(), options{});
  c.transport().clock = &c.executor();
  const ticks began = c.executor().now();
  CHECK_FALSE(c.find("x"));
  CHECK(c.executor().now() - began <= 90s);
}

TEST_CASE("a read that stops behind its first bytes goes on, and one that a proxy ends is asked again") {
  const reply stops = reply::with(200, two_records).cut_after(10, errc::timed_out);
  client_type c({stops, reply::with(502).cut_after(0, errc::timed_out), reply::with(200, two_records)}, manual_executor(),
                options{});
  CHECK(c.get({.reads = proof::none}).value().size() == 2);
}

TEST_CASE("options that make no sense are refused by name") {
  const auto refused = [](auto set) {
    options all;
    set(all);
    return std::string(check(all).words().substr(0, check(all).words().find(':', 9)));
  };
  CHECK(refused([](options& all) { all.call_timeout = 0s; }) == "options::call_timeout");
  CHECK(refused([](options& all) { all.call_timeout = -1s; }) == "options::call_timeout");
  CHECK(refused([](options& all) { all.max_answer = 0; }) == "options::max_answer");
  CHECK(refused([](options& all) { all.read_idle = -1s; }) == "options::read_idle");
}

// ---- cancellation -----------------------------------------------------------------------------------------------

/// Cancels while the client waits.
class impatient_executor : public manual_executor {
 public:
  explicit impatient_executor(cancel_flag& flag) : flag_(&flag) {}
  void sleep_until(ticks time, const cancel_flag* cancelled) {
    flag_->request();
    manual_executor::sleep_until(time, cancelled);
  }

 private:
  cancel_flag* flag_;
};

TEST_CASE("a call that is cancelled beforehand sends nothing") {
  cancel_flag flag;
  flag.request();
  call_options call;
  call.cancel = &flag;
  client_type c({reply::ok(), reply::ok()}, manual_executor(), options{});
  const auto added = c.add(some_record(), call);
  CHECK(added.error().code == errc::cancelled);
  CHECK(added.error().outcome == outcome::not_applied);
  CHECK(added.error().attempts == 0);
  CHECK(added.error().record_id() == "job#1");
  CHECK(c.update(some_record(), call).error().code == errc::cancelled);
  CHECK(c.health_check(call).error().code == errc::cancelled);
  CHECK(c.get(call).error().code == errc::cancelled);
  CHECK(c.find("job#1", call).error().code == errc::cancelled);
  const std::vector<record> batch = {some_record("a"), some_record("b")};
  const bulk_report report = c.bulk_insert(batch, call);
  CHECK(report.not_applied() == 2);
  CHECK(report.error().code == errc::cancelled);
  CHECK(c.bulk_update(batch, call).not_applied() == 2);
  CHECK(c.transport().sent().empty());
}

TEST_CASE("a write that is cancelled while it is sent or answered is unknown, and not sent again") {
  for (const bool in_open : {true, false}) {
    cancel_flag flag;
    call_options call;
    call.cancel = &flag;
    reply r = in_open ? reply::fails(errc::cancelled) : reply::with(500, "UNEXPECTED").cut_after(3, errc::cancelled);
    r.cancels = &flag;
    client_type c({r, reply::ok()}, manual_executor(), options{});
    const auto added = c.add(some_record(), call);
    CHECK(added.error().code == errc::cancelled);
    CHECK(added.error().outcome == outcome::unknown);
    CHECK(c.transport().sent().size() == 1);
  }
}

TEST_CASE("a complete answer wins over a cancellation") {
  cancel_flag flag;
  call_options call;
  call.cancel = &flag;
  reply r = reply::ok();
  r.cancels = &flag;
  client_type c({r}, manual_executor(), options{});
  CHECK(c.add(some_record(), call));
}

TEST_CASE("a cancellation during a wait ends the call, with the outcome of what was sent before") {
  struct row {
    reply first;
    auditor::outcome outcome;
  };
  const row rows[] = {{reply::with(503), outcome::unknown},
                      {reply::fails(errc::connection_lost), outcome::unknown},
                      {reply::fails(errc::connect_failed), outcome::not_applied}};
  for (const row& each : rows) {
    cancel_flag flag;
    call_options call;
    call.cancel = &flag;
    client<scripted_transport, impatient_executor> c({each.first, reply::ok()}, impatient_executor(flag), options{});
    const auto added = c.add(some_record(), call);
    CHECK(added.error().code == errc::cancelled);
    CHECK(added.error().outcome == each.outcome);
    CHECK(added.error().attempts == 1);
    CHECK(c.transport().sent().size() == 1);
  }
  cancel_flag flag;
  call_options call;
  call.cancel = &flag;
  client<scripted_transport, impatient_executor> c({reply::with(500)}, impatient_executor(flag), options{});
  CHECK(c.get(call).error().code == errc::cancelled);
}

const std::string second_record = std::string(two_records).substr(std::string(two_records).size() / 2);

TEST_CASE("a cancellation while the visitor works is heard before the next record") {
  cancel_flag flag;
  call_options call;
  call.cancel = &flag;
  client_type c({reply::with(200, second_record), reply::with(200, two_records)}, manual_executor(), options{});
  std::size_t seen = 0;
  const auto read = c.for_each(query{}, [&](const record_view&) { ++seen, flag.request(); }, call);
  CHECK(read.error().code == errc::cancelled);
  CHECK(read.error().index == 1);
  CHECK(seen == 1);
}

// ---- the observer -----------------------------------------------------------------------------------------------

struct watcher {
  std::vector<attempt_event> seen;
  attempt_observer observer() {
    return [this](const attempt_event& e) { seen.push_back(e); };
  }
};

TEST_CASE("the observer sees each request once, with its outcome, its repeat and its bytes") {
  watcher w;
  options settings;
  settings.observer = w.observer();
  client_type c({reply::with(503, "later"), reply::fails(errc::connect_failed), reply::with(500, "RECORD_EXISTS")},
                manual_executor(), settings);
  add_options ignoring;
  ignoring.duplicates = on_duplicate::ignore;
  REQUIRE(c.add(some_record(), ignoring));
  REQUIRE(w.seen.size() == 3);
  const std::size_t body = c.transport().sent()[0].body.size();
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(w.seen[i].request == route::post_record);
    CHECK(w.seen[i].attempt == i + 1);
    CHECK(w.seen[i].bytes_sent == body);
    CHECK(w.seen[i].repeats == (i < 2));
  }
  CHECK(w.seen[0].code == errc::server_failure);
  CHECK(w.seen[0].outcome == outcome::unknown);
  CHECK(w.seen[0].status == 503);
  CHECK(w.seen[0].bytes_received == 5);
  CHECK(w.seen[0].wait == c.executor().waits()[0]);
  CHECK(w.seen[1].code == errc::connect_failed);
  CHECK(w.seen[1].outcome == outcome::not_applied);
  CHECK(w.seen[1].status == 0);
  CHECK(w.seen[2].code == errc::record_exists);
  CHECK(w.seen[2].wait == 0ms);
  CHECK(w.seen[2].bytes_received == 13);
}

TEST_CASE("the observer and the error agree on a status, however large it is") {
  watcher w;
  options settings;
  settings.observer = w.observer();
  for (const int status : {-1, 65'536, 70'200, 100'000'200}) {
    client_type c({reply::with(status)}, manual_executor(), settings);
    const error failed = c.health_check().error();
    CHECK(failed.status == (status < 0 ? 0 : 65'535));
    CHECK(w.seen.back().status == failed.status);
  }
}
TEST_CASE("a cancelled call is not told to try again") {
  cancel_flag flag;
  flag.request();
  client_type c(always(reply::ok(), 1), manual_executor(), options{});
  CHECK(message(c.get({.cancel = &flag}).error()) == "cancelled (GET /records); nothing was sent");
}
TEST_CASE("the observer sees every request of a proven read") {
  watcher w;
  options settings;
  settings.observer = w.observer();
  client_type c({reply::with(200, second_record), reply::with(200, two_records)}, manual_executor(), settings);
  REQUIRE(c.get());
  REQUIRE(w.seen.size() == 2);
  CHECK(w.seen[1].bytes_received == std::string(two_records).size());
  CHECK(w.seen[1].code == errc::ok);
}

// ---- limits of what is read -------------------------------------------------------------------------------------

TEST_CASE("an answer that is read for its words is read for 64 KiB at most") {
  for (const int status : {200, 400, 403, 500}) {
    reply r = reply::with(status, std::string(std::size_t{10} << 20, 'x')).in_chunks_of(1'000);
    r.breaks_after = std::size_t{70} << 10;  // who reads on fails with connection_lost
    options once;
    once.retry.write_attempts = 1;
    client_type c({r}, manual_executor(), once);
    const auto added = c.add(some_record());
    CHECK(added.error().code != errc::connection_lost);
    CHECK(added.error().status == status);
    CHECK(added.error().words().size() < sizeof(error::text));
    CHECK(added.error().words().starts_with("xxxx"));
    client_type reader({r}, manual_executor(), once);
    if (status != 200) CHECK(reader.get().error().code != errc::connection_lost);
  }
}

TEST_CASE("words of 64 KiB are not RECORD_EXISTS, whatever they begin with") {
  options once;
  once.retry.write_attempts = 1;
  client_type c({reply::with(500, "RECORD_EXISTS" + std::string(100'000, ' '))}, manual_executor(), once);
  CHECK(c.add(some_record()).error().outcome == outcome::unknown);
}

TEST_CASE("an answer above max_answer ends the call, a write is then unknown") {
  options small;
  small.max_answer = 100;
  client_type c({reply::with(200, two_records)}, manual_executor(), small);
  const auto got = c.get();
  CHECK(got.error().code == errc::not_auditor);
  CHECK(got.error().status == 200);
  client_type d({reply::with(200, std::string(101, 'x'))}, manual_executor(), small);
  CHECK(d.add(some_record()).error().outcome == outcome::unknown);
  client_type e({reply::with(200, std::string(two_records).substr(0, 50))}, manual_executor(), small);
  CHECK(e.get().error().code != errc::not_auditor);
}

TEST_CASE("a record above max_record ends the read, by name") {
  options small;
  small.max_record = 200;
  const std::string large = R"({"record_id":"large","meta":{"x":[")" + std::string(100'000, 'm') +
                            R"("]},"components":[],"start_time":"2023-01-01T00:00:00Z"})";
  client_type c({reply::with(200, large).in_chunks_of(997)}, manual_executor(), small);
  const auto got = c.get();
  CHECK(got.error().code == errc::record_too_large);
  CHECK(got.error().record_id() == "large");
  CHECK(got.error().status == 200);
}

// ---- the fields of an error -------------------------------------------------------------------------------------

TEST_CASE("an error says which route, which status, how many attempts, which record and whose words") {
  client_type c(always(reply::with(403, "Insufficient permissions"), 9), manual_executor(), options{});
  const error added = c.add(some_record()).error();
  CHECK(added.request == route::post_record);
  CHECK(added.status == 403);
  CHECK(added.attempts == 1);
  CHECK(added.record_id() == "job#1");
  CHECK(added.words() == "Insufficient permissions");
  CHECK(c.update(some_record()).error().request == route::put_record);
  CHECK(c.health_check().error().request == route::health_check);
  CHECK(c.get().error().request == route::get_records);
  CHECK(c.find("job#2").error().record_id() == "job#2");
  const std::vector<record> batch = {some_record("a"), some_record("b")};
  const bulk_report report = c.bulk_insert(batch);
  CHECK(report.error().request == route::post_records);
  CHECK(report.error().record_id() == "a");
  CHECK(report.error().words() == "Insufficient permissions");
}

TEST_CASE("what a hostile server says is printable and short") {
  client_type c(always(reply::with(403, "line\nline\x1b[31m\x7f" + std::string(600, 'y')), 1), manual_executor(),
                options{});
  const error e = c.add(some_record()).error();
  for (const char each : e.words()) CHECK(static_cast<unsigned char>(each) >= 0x20);
  CHECK(e.words().ends_with("..."));
}

TEST_CASE("the beginning and the end of a text decide, however long it is and whatever it is cut into") {
  const record sought = some_record();
  for (const std::size_t longer : {0u, 1u, 191u, 192u, 219u, 220u, 221u, 255u, 256u, 300u, 475u, 476u, 512u, 600u, 20'000u})
    for (const std::size_t chunk : {1u, 7u, 63u, 64u, 65u, 320u, 1'000u, 100'000u}) {
      INFO(longer << " more, " << chunk << " at once");
      const std::string text = "Updating unknown record " + std::string(longer, 'i') + " not possible.";
      client_type c(scripted_transport{reply::with(404, text).in_chunks_of(chunk)}, manual_executor(), {});
      const error said = c.update(sought).error();
      CHECK(said.code == errc::record_not_found);
      CHECK(text.starts_with(said.words().substr(0, 170)));
      client_type other(scripted_transport{reply::with(404, text + '!').in_chunks_of(chunk)}, manual_executor(), {});
      CHECK(other.update(sought).error().code == errc::wrong_endpoint);
    }
}

}  // namespace
