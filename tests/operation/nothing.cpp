// Nothing came: what a read, a look-up and a limit make of it, by how long it took and by what the control brought.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include "catch.hpp"

#include <auditor/auditor.hpp>
#include <auditor/testing/manual_executor.hpp>
#include <auditor/testing/scripted_transport.hpp>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using namespace auditor;
using testing::reply;
using testing::scripted_transport;

// An answer and how long it takes.
struct timed {
  reply what;
  int takes = 1;
};

// The clock of the executor moves while an answer is under way.
class clock_executor {
 public:
  explicit clock_executor(std::shared_ptr<testing::manual_executor> shared) : shared_(std::move(shared)) {}
  ticks now() const noexcept { return shared_->now(); }
  std::uint64_t random() noexcept { return shared_->random(); }
  void sleep_until(ticks time, const cancel_flag* cancelled) { shared_->sleep_until(time, cancelled); }

 private:
  std::shared_ptr<testing::manual_executor> shared_;
};
class slow_wire {
 public:
  using stream = scripted_transport::stream;
  slow_wire(std::vector<timed> answers, std::shared_ptr<testing::manual_executor> clock) : clock_(std::move(clock)) {
    for (timed& each : answers) {
      plays_.expect(std::move(each.what));
      takes_.push_back(each.takes);
    }
  }
  result<response_head> open(stream& s, const request_view& request, const call& limits) {
    const std::size_t number = plays_.sent().size();
    if (number < takes_.size()) clock_->advance(ticks{takes_[number]});
    return plays_.open(s, request, limits);
  }
  const scripted_transport& plays() const noexcept { return plays_; }

 private:
  std::shared_ptr<testing::manual_executor> clock_;
  scripted_transport plays_;
  std::vector<int> takes_;
};

struct world {
  explicit world(std::vector<timed> answers, const options& settings = {})
      : clock(std::make_shared<testing::manual_executor>()),
        client(slow_wire(std::move(answers), clock), clock_executor(clock), settings) {}

  std::vector<std::string> asked() {
    std::vector<std::string> lines;
    for (const testing::sent_request& sent : client.transport().plays().sent()) lines.push_back(sent.target);
    return lines;
  }
  std::size_t left() { return client.transport().plays().left(); }

  std::shared_ptr<testing::manual_executor> clock;
  auditor::client<slow_wire, clock_executor> client;
};

std::string text_of(std::string_view id, int day, std::string_view stop = "null", std::string_view runtime = "null") {
  return "{\"record_id\":\"" + std::string(id) +
         "\",\"meta\":{\"site\":[\"a\",\"b\"]},\"components\":[{\"name\":\"CPU\",\"amount\":8,"
         "\"scores\":[]}],\"start_time\":\"2024-01-" +
         (day < 10 ? "0" : "") + std::to_string(day) + "T00:00:00Z\",\"stop_time\":" + std::string(stop) +
         ",\"runtime\":" + std::string(runtime) + "}";
}
reply row(std::string_view id = "z", int day = 1) { return reply::with(200, text_of(id, day)); }
const reply nothing = reply::ok(), healthy = reply::ok();
timestamp day(int of) { return std::chrono::sys_days(std::chrono::year{2024} / 1 / of); }

const query filtered = query{}.with_meta("site", contains("x"));
const reply in_x = reply::with(200,
                               "{\"record_id\":\"b\",\"meta\":{\"site\":[\"x\"]},\"components\":[],\"start_time\":"
                               "\"2024-01-01T00:00:00Z\",\"stop_time\":null,\"runtime\":null}");

// So many answers of nothing, with a row of the table between them.
std::vector<timed> nothings(std::size_t count) {
  std::vector<timed> answers;
  for (std::size_t i = 0; i < count; ++i) {
    if (i > 0) answers.push_back({row()});
    answers.push_back({nothing});
  }
  return answers;
}
std::vector<timed> joined(std::vector<timed> first, const std::vector<timed>& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

}  // namespace

TEST_CASE("nothing of a filter is believed on evidence alone") {
  struct story {
    const char* what;
    std::vector<timed> answers;
    errc code = errc::ok;
    completeness state = completeness::none_found;
    std::uint8_t attempts = 8;
  };
  const story stories[] = {
      {"five fast ones, a control between each two", nothings(5)},
      {"at the edge of fast", joined({{nothing, 1'899}, {row(), 5'000}, {nothing, 1'899}, {row(), 1'899}}, nothings(3))},
      {"a pool that starves: never", {{nothing, 2'001}, {nothing, 2'000}}, errc::server_busy, {}, 1},
      {"in the twilight, then at leisure", joined({{nothing, 2'001}, {nothing, 2'001}}, nothings(5))},
      {"two slow scans, each with a control at once",
       {{nothing, 3'000}, {nothing, 3'000}, {row(), 250}, {nothing, 3'000}, {row(), 250}}},
      {"a slow scan, and the control waits: not yet",
       {{nothing, 3'000}, {nothing, 3'000}, {row(), 251}},
       errc::server_busy,
       {},
       1},
      {"a slow one, then a fast one: not of one piece",
       joined({{nothing, 3'000}, {nothing, 2'500}, {row()}, {nothing}}, nothings(5))},
      {"the control is empty: the table may not be read", {{nothing}, {nothing}, {healthy}}, errc::server_busy, {}, 1},
      {"the control is empty once: connections are being terminated, so more is asked for",
       joined(joined({{nothing}, {row()}, {nothing}, {nothing}, {healthy}}, nothings(6)), {{row()}, {nothing}})},
      {"... and more again", joined(joined({{nothing}, {nothing}, {healthy}, {nothing}, {nothing}, {healthy}}, nothings(8)),
                                    {{row()}, {nothing}})},
      {"the control is empty, three times",
       {{nothing}, {nothing}, {healthy}, {nothing}, {nothing}, {healthy}, {nothing}, {nothing}, {healthy}}},
      {"the control is empty, but for a part of a record",
       {{nothing},
        {nothing},
        {healthy},
        {nothing},
        {nothing},
        {healthy},
        {reply::with(200, "{\"record_id\":\"x")},
        {nothing},
        {nothing},
        {healthy},
        {nothing},
        {nothing},
        {healthy},
        {nothing},
        {nothing},
        {healthy}}},
      {"a control that was cut is asked again, and takes nothing back",
       joined({{nothing}, {row()}, {nothing}, {reply::with(200, "{\"record_id\":\"x")}, {row()}}, nothings(3))},
      {"the control is slow and empty", {{nothing}, {nothing, 2'000}}, errc::server_busy, {}, 1},
      {"... and comes later", joined({{nothing}, {nothing, 2'000}, {row()}}, nothings(4))},
      {"health is slow", {{nothing}, {nothing}, {healthy, 2'000}}, errc::server_busy, {}, 1},
      {"something came after all", {{nothing}, {row()}, {in_x}}, errc::server_busy, {}, 1},
  };
  for (const story& each : stories) {
    INFO(each.what);
    options settings;
    settings.retry.read_attempts = each.attempts;
    world w(each.answers, settings);
    const auto read = w.client.for_each(filtered, [](const record_view&) {});
    CHECK(to_string(read.error().code) == to_string(each.code));
    if (read) CHECK(read->state == each.state);
    if (read) CHECK(read->records == 0);
    CHECK(w.left() == 0);
  }
}

TEST_CASE("the limits of an empty answer are options") {
  options settings;
  settings.retry.read_attempts = 1;
  settings.empty_answer = {ticks{500}, ticks{600}, ticks{10}};
  world quick(joined(joined({{nothing, 499}, {row()}}, nothings(3)), {{row()}, {nothing, 499}}), settings);
  CHECK(quick.client.for_each(filtered, [](const record_view&) {}).value().state == completeness::none_found);
  world w({{nothing, 600}, {nothing, 600}, {row(), 10}, {nothing, 600}, {row(), 10}}, settings);
  CHECK(w.client.for_each(filtered, [](const record_view&) {}).value().state == completeness::none_found);
  CHECK(w.left() == 0);
  world busy({{nothing, 500}, {nothing, 500}}, settings);
  CHECK(busy.client.for_each(filtered, [](const record_view&) {}).error().code == errc::server_busy);
  settings.empty_answer.slow = ticks{499};
  CHECK(check(settings).code == errc::invalid_argument);
}

TEST_CASE("a client that received or stored a record does not believe in an empty table") {
  const std::vector<timed> three_rounds = {{nothing}, {healthy}, {nothing}, {healthy}, {nothing}, {healthy}};
  const auto and_then = [&](std::vector<timed> before) {
    before.insert(before.end(), three_rounds.begin(), three_rounds.end());
    return before;
  };
  world fresh(three_rounds);
  CHECK(fresh.client.get().value().summary.state == completeness::none_found);
  world received(and_then({{row("a")}, {row("a")}}));
  CHECK(received.client.get().value().size() == 1);
  CHECK(received.client.get().error().code == errc::server_busy);
  world stored(and_then({{reply::ok()}}));
  CHECK(stored.client.add(record{"a", day(1)}));
  const auto got = stored.client.get();
  REQUIRE(got.error().code == errc::server_busy);
  CHECK(message(got.error()).find("6 requests") != std::string::npos);
}

TEST_CASE("one id is not there after five fast empty answers with a row of the table between them") {
  world w(nothings(5));
  const auto found = w.client.find("x");
  REQUIRE(found);
  CHECK_FALSE(found->has_value());
  const std::string question = "/records?record_id=x", control = "/records?sort_by[desc]=record_id&limit=1";
  CHECK(w.asked() ==
        std::vector<std::string>{question, control, question, control, question, control, question, control, question});
  world late(joined(nothings(4), {{row()}, {row("x")}}));
  CHECK(late.client.get_single_record("x").value().record_id == "x");
  world gone(nothings(5));
  CHECK(gone.client.get_single_record("x").error().code == errc::record_not_found);
  options settings;
  settings.retry.read_attempts = 1;
  world busy({{nothing, 2'000}}, settings);
  CHECK(busy.client.find("x").error().code == errc::server_busy);
  world busy_too({{nothing, 2'000}}, settings);
  CHECK(busy_too.client.get_single_record("x").error().code == errc::server_busy);
}

TEST_CASE("a client that was once answered with nothing where there was something asks more often from then on") {
  const reply x = row("x");
  const std::vector<std::vector<timed>> shown_false = {
      {{nothing}, {row()}, {x}},                                   // the answer
      {{nothing}, {nothing}, {healthy}, {nothing}, {row()}, {x}},  // the control
      {{nothing}, {nothing}, {healthy}, {x}},                      // both
  };
  for (const std::vector<timed>& before : shown_false) {
    world w(joined(before, nothings(9)));
    CHECK(w.client.find("x").value().has_value());
    CHECK_FALSE(w.client.find("x").value().has_value());
    CHECK(w.left() == 0);
  }
  const std::vector<timed> empty = {{nothing}, {healthy}, {nothing}, {healthy}, {nothing}, {healthy}};
  world filled(joined(joined(empty, {{x}, {reply::with(200, "{\"record_id\":\"x")}}), nothings(5)));
  CHECK(filled.client.get().value().summary.state == completeness::none_found);
  CHECK(filled.client.find("x").value().has_value());
  CHECK_FALSE(filled.client.find("x").value().has_value());
  CHECK(filled.left() == 0);
}

TEST_CASE("each further question of a range starts the attempts anew") {
  std::vector<timed> answers;
  for (const reply& each : {row("z", 25), row("y", 22), row("m", 15), row("m", 15), row("m", 15)}) {
    for (int i = 0; i < 7; ++i) answers.push_back({reply::with(500)});
    answers.push_back({each});
  }
  world w(answers);
  CHECK(w.client.advanced_query(query{}.with_start_time(gte(day(10)), lt(day(20)))).value().size() == 1);
  CHECK(w.left() == 0);
}

TEST_CASE("each answer of nothing, and each row behind one, starts the attempts anew") {
  // Seven failures before each: one attempt fewer than there are.
  const reply fails = reply::with(500);
  std::vector<timed> answers;
  const auto seven_failures_and = [&](const reply& then) {
    for (int i = 0; i < 7; ++i) answers.push_back({fails});
    answers.push_back({then});
  };
  for (int i = 0; i < 4; ++i) {
    seven_failures_and(nothing);
    seven_failures_and(row());
  }
  seven_failures_and(nothing);
  world w(answers);
  const auto found = w.client.find("x");
  REQUIRE(found);
  CHECK_FALSE(found->has_value());
  CHECK(w.left() == 0);
  // What is taken back again and again ends all the same.
  answers.clear();
  for (int i = 0; i < 100; ++i) answers.insert(answers.end(), {{nothing}, {row()}, {nothing}, {nothing}, {healthy}});
  world liar(answers);
  CHECK(liar.client.find("x").error().code == errc::server_busy);
  CHECK(liar.left() > 400);
}

TEST_CASE("a server that starved says nothing, and takes nothing back") {
  // The question waited in vain, and so did the control.
  world w(joined({{nothing}, {row()}, {nothing, 2'001}, {nothing}, {nothing, 2'500}, {row()}}, nothings(3)));
  const auto found = w.client.find("x");
  REQUIRE(found);
  CHECK_FALSE(found->has_value());
  CHECK(w.left() == 0);
}

TEST_CASE("a range of which nothing came is proven by its neighbour") {
  struct story {
    const char* what;
    query asked;
    std::vector<timed> answers;
    std::vector<std::string> questions;
    errc code = errc::ok;
    completeness state = completeness::complete;
    std::uint8_t attempts = 8;
  };
  const query between = query{}.with_start_time(gte(day(10)), lt(day(20)));
  const std::string any = "/records?sort_by[desc]=record_id&limit=1", first = "/records?sort_by[asc]=record_id&limit=1",
                    health = "/health_check",
                    below =
                        "/records?start_time[gte]=2024-01-05T00:00:00Z&start_time[lt]=2024-01-20T00:00:00Z&"
                        "sort_by[desc]=start_time&limit=1",
                    above =
                        "/records?start_time[gte]=2024-01-10T00:00:00Z&start_time[lte]=2024-01-25T00:00:00Z&"
                        "sort_by[asc]=start_time&limit=1";
  const reply closed = reply::with(200, text_of("c", 1, "\"2024-01-05T00:00:00Z\"", "345600"));
  const std::string last_stop = "/records?stop_time[lte]=%2B262142-12-31T23:59:59.999999Z&sort_by[desc]=stop_time&limit=1",
                    first_stop = "/records?sort_by[asc]=stop_time&limit=1";
  const timed before = {row("a", 5)}, behind = {row("z", 25)};
  const story stories[] = {
      {"a row before it shows where to look, and the nearest is before it too",
       between,
       {before, {row("b", 9)}},
       {any, below}},
      {"... however long it took", between, {before, {row("b", 9), 40'000}}, {any, below}},
      {"... and it may be the nearest itself", between, {before, before}, {any, below}},
      {"a row behind it, and the nearest is behind it too", between, {behind, behind, {row("b", 20)}}, {any, first, above}},
      {"the row of the first id is nearer",
       between,
       {behind, {row("b", 21)}, {row("b", 20)}},
       {any, first,
        "/records?start_time[gte]=2024-01-10T00:00:00Z&start_time[lte]=2024-01-21T00:00:00Z&sort_by[asc]=start_time&limit="
        "1"}},
      {"... or on the other side", between, {behind, before, {row("b", 20)}}, {any, first, above}},
      {"a range that holds nothing, whatever there is", query{}.with_start_time(gt(day(5)), lt(day(5))), {before}, {any}},
      {"... and the first row shows it", query{}.with_start_time(gt(day(5)), lt(day(5))), {behind, before}, {any, first}},
      {"a row above its end is not the highest below it",
       between,
       {before, {row("b", 20)}},
       {any, below},
       errc::server_busy,
       {},
       1},
      {"... nor one below the row that is known", between, {before, {row("b", 4)}}, {any, below}, errc::server_busy, {}, 1},
      {"a row below its beginning is not the lowest above it",
       between,
       {behind, behind, {row("b", 9)}},
       {any, first, above},
       errc::server_busy,
       {},
       1},
      {"... nor one behind the row that is known",
       between,
       {behind, behind, {row("b", 26)}},
       {any, first, above},
       errc::server_busy,
       {},
       1},
      {"the row that is known was deleted: another one",
       between,
       {before, {nothing}, behind, behind, {row("b", 20)}},
       {any, below, any, first, above}},
      {"the table is empty",
       between,
       {{nothing}, {healthy}, {nothing}, {healthy}, {nothing}, {healthy}},
       {any, health, any, health, any, health},
       errc::ok,
       completeness::none_found},
      {"a pool that starves", between, {{nothing, 2'000}}, {any}, errc::server_busy, {}, 1},
      {"a pool that starves, behind a row: the same again",
       between,
       {before, {nothing, 2'000}, {nothing, 2'499}, {row("b", 9)}},
       {any, below, below, below}},
      {"scans that a time-out of the database ends",
       between,
       {before, {nothing, 1'500}, before, {nothing, 1'500}},
       {any, below, any, below},
       errc::server_busy,
       {},
       2},
      {"an open end",
       query{}.with_start_time(gt(day(10))),
       {before, {row("a", 10)}},
       {any, "/records?start_time[gte]=2024-01-05T00:00:00Z&sort_by[desc]=start_time&limit=1"}},
      {"only an end",
       query{}.with_start_time(lte(day(10))),
       {behind, {nothing}, {row("a", 11)}},
       {any, first, "/records?start_time[lte]=2024-01-25T00:00:00Z&sort_by[asc]=start_time&limit=1"}},
      {"stop times: the row is closed",
       query{}.with_stop_time(gte(day(6))),
       {{closed}, {closed}},
       {any,
        "/records?stop_time[gte]=2024-01-05T00:00:00Z&stop_time[lte]=%2B262142-12-31T23:59:59.999999Z&"
        "sort_by[desc]=stop_time&limit=1"}},
      {"stop times: the row is open, and says nothing",
       query{}.with_stop_time(gte(day(6))),
       {{row("a", 1)}, {closed}},
       {any, last_stop}},
      {"stop times: all records are open",
       query{}.with_stop_time(gte(day(6))),
       {{row("a", 1)}, {nothing}, {row("a", 1)}},
       {any, last_stop, first_stop}},
      {"stop times: the first one is behind it",
       query{}.with_stop_time(lt(day(5))),
       {{row("a", 1)}, {nothing}, {closed}},
       {any, "/records?stop_time[lt]=2024-01-05T00:00:00Z&sort_by[desc]=stop_time&limit=1", first_stop}},
      {"stop times: nothing at all, and that proves nothing",
       query{}.with_stop_time(gte(day(6))),
       {{row("a", 1)}, {nothing}, {nothing}},
       {any, last_stop, first_stop},
       errc::server_busy,
       {},
       1},
      {"a runtime",
       query{}.with_runtime(equals(400'000)),
       {{row("a", 1)}, {closed}},
       {any, "/records?runtime[lte]=400000&sort_by[desc]=runtime&limit=1"}},
      {"a runtime above the row that is known",
       query{}.with_runtime(equals(400'000)),
       {{closed}, {closed}},
       {any, "/records?runtime[gte]=345600&runtime[lte]=400000&sort_by[desc]=runtime&limit=1"}},
      {"a runtime below the row that is known",
       query{}.with_runtime(equals(300'000)),
       {{closed}, {row("a", 1)}, {closed}},
       {any, first, "/records?runtime[gte]=300000&runtime[lte]=345600&sort_by[asc]=runtime&limit=1"}},
      {"a runtime below none, which no bound can say",
       query{}.with_runtime(equals(400'000)),
       {{reply::with(200, text_of("z", 2, "\"2024-01-01T00:00:00Z\"", "-86400"))}, {closed}},
       {any, "/records?runtime[lte]=400000&sort_by[desc]=runtime&limit=1"}},
      {"a runtime with an open end",
       query{}.with_runtime(gte(400'000)),
       {{row("a", 1)}, {closed}},
       {any, "/records?runtime[lte]=9223372036854775807&sort_by[desc]=runtime&limit=1"}},
  };
  for (const story& each : stories) {
    INFO(each.what);
    options settings;
    settings.retry.read_attempts = each.attempts;
    world w(each.answers, settings);
    const auto read = w.client.for_each(each.asked, [](const record_view&) {});
    CHECK(to_string(read.error().code) == to_string(each.code));
    if (read) CHECK(to_string(read->state) == to_string(each.state));
    if (read) CHECK(read->records == 0);
    CHECK(w.asked() == each.questions);
    CHECK(w.left() == 0);
  }
  world some({{row("m", 15)}, {row("m", 15)}, {row("m", 15)}});
  const auto got = some.client.advanced_query(between);
  REQUIRE(got);
  CHECK(got->size() == 1);
  CHECK(got->summary.state == completeness::complete);
  world contradiction({{row("m", 15)}, {nothing, 2'000}, {row("m", 15)}, {row("m", 15)}, {row("m", 15)}});
  CHECK(contradiction.client.advanced_query(between).value().size() == 1);
}

TEST_CASE("a component filter of which nothing came is never more than unproven, and the superset decides it") {
  const query cpu = query{}.with_start_time(gte(day(1)), lt(day(3))).with_component("CPU", gte(8));
  world w(nothings(5));
  const auto read = w.client.for_each(cpu, [](const record_view&) {});
  REQUIRE(read);
  CHECK(read->state == completeness::unproven);
  world raw(nothings(5));
  CHECK(raw.client.advanced_query("component[CPU][gte]=8").value().summary.state == completeness::unproven);

  read_options superset;
  superset.reads = proof::superset;
  const reply both = reply::with(200, text_of("a", 1) + text_of("b", 2));
  const std::string range = "/records?start_time[gte]=2024-01-01T00:00:00Z&start_time[lt]=2024-01-03T00:00:00Z";
  const std::vector<timed> answers = {{row("b", 2)}, {row("b", 2)}, {both}};
  struct decided {
    query asked;
    std::size_t found;
  };
  const query day_range = query{}.with_start_time(gte(day(1)), lt(day(3)));
  const decided table[] = {
      {cpu, 2},
      {query(day_range).with_component("CPU", gt(8)), 0},
      {query(day_range).with_component("Memory", gte(0)), 0},
      {query(day_range).with_meta("site", contains("a", "b")), 2},
      {query(day_range).with_meta("site", contains("a", "c")), 0},
      {query(day_range).with_meta("site", does_not_contain("c")), 2},
      {query(day_range).with_meta("site", does_not_contain("b")), 0},
      {query(day_range).with_meta("group", does_not_contain("b")), 0},
      {query(day_range).with_meta("site", contains("a")).limit(1), 1},
  };
  for (const decided& each : table) {
    world s(answers);
    const auto got = s.client.advanced_query(each.asked, superset);
    REQUIRE(got);
    CHECK(got->size() == each.found);
    CHECK(got->summary.records == each.found);
    CHECK(got->summary.state == completeness::complete);
    CHECK(s.asked()[1] == range + "&sort_by[desc]=record_id&limit=1");
    CHECK(s.asked()[2] == range + "&sort_by[asc]=record_id");
  }
  world streamed(answers);
  std::string shown;
  const auto visit = [&](const record_view& r) { shown += r.record_id; };
  CHECK(streamed.client.for_each(cpu, visit, superset).value().state == completeness::complete);
  CHECK(shown == "ab");
  world none({});
  CHECK(none.client.for_each(query(cpu).limit(1), visit, superset).error().code == errc::invalid_query);
  CHECK(none.client.advanced_query("component[CPU][gte]=8", superset).error().code == errc::invalid_query);
}

TEST_CASE("spaces without an end are no answer, however fast they come") {
  class spaces {
   public:
    struct stream {
      result<std::size_t> read(std::span<char> into, const call&) {
        std::fill(into.begin(), into.end(), ' ');
        return into.size();
      }
    };
    result<response_head> open(stream&, const request_view&, const call&) { return response_head{200, -1}; }
  };
  client c(spaces{}, testing::manual_executor(), options{});
  CHECK(c.get().error().code == errc::not_auditor);
}

TEST_CASE("a stream that goes round in circles, and breaks in each, ends") {
  std::vector<timed> answers{{row("z")}};
  for (int i = 0; i < 60; ++i) {
    std::string text;
    for (const char* id : {"a", "b", "c", "d", "b"}) text += text_of(id, 1);
    answers.push_back({reply::with(200, text).cut_after(text.size())});
  }
  world w(answers);
  std::size_t shown = 0;
  const auto read = w.client.for_each(query{}, [&](const record_view&) { ++shown; });
  CHECK(read.error().code == errc::not_auditor);
  CHECK(shown < 12);
}

TEST_CASE("a read that trickles ends when nothing that counts came for as long as read_idle") {
  options settings;
  settings.retry.read_attempts = 1;
  const auto clock = std::make_shared<testing::manual_executor>();
  // One byte at a time, half a second each: of an error, of spaces, of a record that never ends.
  class trickle {
   public:
    struct stream {
      result<std::size_t> read(std::span<char> into, const call& limits) {
        if (limits.timeout < ticks{500}) return error(errc::timed_out);
        of->clock_->advance(ticks{500});
        into[0] = of->text_[of->at_++ % of->text_.size()];
        return 1;
      }
      trickle* of = nullptr;
    };
    trickle(int status, std::string text, std::shared_ptr<testing::manual_executor> clock)
        : status_(status), text_(std::move(text)), clock_(std::move(clock)) {}
    result<response_head> open(stream& s, const request_view&, const call&) {
      s.of = this;
      return response_head{status_, -1};
    }

   private:
    int status_;
    std::string text_;
    std::size_t at_ = 0;
    std::shared_ptr<testing::manual_executor> clock_;
  };
  struct hostile {
    int status;
    const char* text;
    ticks most;
  };
  const hostile table[] = {{500, "x", settings.attempt},
                           {403, "x", settings.attempt},
                           {200, " ", settings.read_idle},
                           {200, "{", settings.read_idle}};
  for (const hostile& each : table) {
    const ticks began = clock->now();
    client c(trickle(each.status,
                     std::string(each.text) == "{" ? "{\"record_id\":\"" + std::string(1'000'000, 'a') : each.text, clock),
             clock_executor(clock), settings);
    CHECK(c.get().error().code == errc::timed_out);
    CHECK(clock->now() - began <= each.most);
  }
}
