// bulk_insert: how many requests, which windows, and what is said of each record.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include "catch.hpp"

#include <auditor/auditor.hpp>
#include <auditor/testing/manual_executor.hpp>
#include <auditor/testing/scripted_transport.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace auditor;
using testing::manual_executor;
using testing::reply;
using testing::scripted_transport;

const timestamp start{std::chrono::hours{450'000}};
std::string id_of(std::size_t i) {
  std::string digits = std::to_string(i);
  return "job#" + std::string(6 - digits.size(), '0') + digits;
}
record numbered(std::size_t i) {
  return record{id_of(i), start}.with_component(component{"CPU", 1}).with_stop_time(start + std::chrono::hours{1});
}
std::vector<record> batch_of(std::size_t n) {
  std::vector<record> batch;
  for (std::size_t i = 0; i < n; ++i) batch.push_back(numbered((i * 7'919) % n));  // in no order
  return batch;
}

// ---- both ways to ask -------------------------------------------------------------------------------------------

using testing::sent_request;

/// What a call without heap said, and what its `failed` was told.
struct told {
  bulk_summary sum;
  std::vector<record_outcome> outcomes;
  std::vector<error> failed;
};

/// `ask(client, outcomes, failed)` in a workspace of so many bytes.
template <class Ask>
told in_workspace(scripted_transport wire, const options& settings, std::size_t records, std::size_t bytes, Ask ask) {
  told said;
  said.outcomes.resize(records, {outcome::duplicate, errc::busy, 999});  // of an earlier call
  std::vector<char> workspace(bytes);
  client<scripted_transport, manual_executor> c(wire, manual_executor(), settings, workspace);
  said.sum = ask(c, said.outcomes, [&said](const error& e) { said.failed.push_back(e); });
  return said;
}

bool looks(const scripted_transport& wire) {
  return std::any_of(wire.sent().begin(), wire.sent().end(),
                     [](const sent_request& each) { return each.target.starts_with("/records?"); });
}

/// The same call for a report and, in a workspace, for outcomes of the caller's: both send the same and say the same. But for a
/// look under `fail`, which only the first one takes.
template <class Ask>
void check_without_heap(const bulk_report& report, const scripted_transport& wire, const std::vector<reply>& answers,
                        const options& settings, on_duplicate policy, Ask ask) {
  if (policy == on_duplicate::fail && looks(wire)) return;
  scripted_transport again;
  for (const reply& each : answers) again.expect(each);
  const told said = in_workspace(again, settings, report.size(), 100'000, ask);
  REQUIRE(again.sent().size() == wire.sent().size());
  for (std::size_t i = 0; i < wire.sent().size(); ++i) {
    CHECK(again.sent()[i].line() == wire.sent()[i].line());
    CHECK(again.sent()[i].body == wire.sent()[i].body);
  }
  CHECK(std::equal(report.begin(), report.end(), said.outcomes.begin()));
  for (const outcome each :
       {outcome::delivered, outcome::duplicate, outcome::rejected, outcome::not_applied, outcome::unknown})
    CHECK(said.sum.count(each) == report.count(each));
  CHECK(said.sum.failures() == report.failures());
  CHECK(said.sum.requests() == report.requests());
  CHECK(bool(said.sum) == bool(report));
  CHECK(message(said.sum.error()) == message(report.error()));
  CHECK(said.failed.size() == report.errors().size());
}

bulk_report insert(scripted_transport wire, const std::vector<reply>& answers, const options& settings,
                   const std::vector<record>& batch, const bulk_insert_options& call = {}) {
  for (const reply& each : answers) wire.expect(each);
  client<scripted_transport, manual_executor> c(wire, manual_executor(), settings);
  bulk_report report = c.bulk_insert(batch, call);
  check_without_heap(report, wire, answers, settings, call.duplicates, [&](auto& other, auto& outcomes, auto failed) {
    bulk_insert_options with = call;
    with.failed = failed;
    return other.bulk_insert(batch, outcomes, with);
  });
  return report;
}
bulk_report update(scripted_transport wire, const std::vector<reply>& answers, const options& settings,
                   const std::vector<record>& batch) {
  for (const reply& each : answers) wire.expect(each);
  client<scripted_transport, manual_executor> c(wire, manual_executor(), settings);
  bulk_report report = c.bulk_update(batch);
  check_without_heap(report, wire, answers, settings, {}, [&](auto& other, auto& outcomes, auto failed) {
    return other.bulk_update(batch, outcomes, {.failed = failed});
  });
  return report;
}

/// A server of a few lines: one transaction a request, and what each of its rules says.
struct table {
  std::set<std::string> known, refused;
  std::size_t body_limit = 2'097'152, requests = 0, largest = 0, most_records = 0;
  bool names_line = true;

  reply answer(const std::string& body) {
    ++requests;
    largest = (std::max)(largest, body.size());
    if (body.size() > body_limit) return reply::with(413, "too large");
    std::vector<std::string> ids;
    for (std::size_t at = 0; (at = body.find("\"record_id\":\"", at)) != std::string::npos;) {
      at += 13;
      ids.push_back(body.substr(at, body.find('"', at) - at));
    }
    most_records = (std::max)(most_records, ids.size());
    CHECK(std::is_sorted(ids.begin(), ids.end()));
    for (std::size_t i = 0; i < ids.size(); ++i)
      if (refused.count(ids[i]) != 0)
        return reply::with(400, "Json deserialize error: bad" +
                                    (names_line ? " at line " + std::to_string(i + 1) + " column 9" : std::string()));
    for (const std::string& id : ids)
      if (known.count(id) != 0) return reply::with(500, "RECORD_EXISTS");
    known.insert(ids.begin(), ids.end());
    return reply::ok();
  }
};

class table_transport {
 public:
  class stream {
   public:
    result<std::size_t> read(std::span<char> into, const call&) {
      const std::size_t n = (std::min)(into.size(), answer_.body.size());
      std::copy_n(answer_.body.begin(), n, into.begin());
      answer_.body.erase(0, n);
      return n;
    }

   private:
    friend class table_transport;
    reply answer_;
  };
  explicit table_transport(table& to) : to_(&to) {}
  result<response_head> open(stream& s, const request_view& request, const call&) {
    s.answer_ = to_->answer(std::string(request.body));
    return response_head{s.answer_.status, -1};
  }

 private:
  table* to_;
};
using table_client = client<table_transport, manual_executor>;

std::size_t requests_for(std::size_t most, const std::set<std::size_t>& known) {
  table server;
  for (const std::size_t i : known) server.known.insert(id_of(i));
  options settings;
  settings.max_batch = most;
  table_client c(table_transport(server), manual_executor(), settings);
  const std::vector<record> batch = batch_of(1'000);
  const bulk_report report = c.bulk_insert(batch);
  CHECK(report.duplicates() == known.size());
  CHECK(report.delivered() == 1'000 - known.size());
  CHECK(bool(report) == known.empty());
  CHECK(server.known.size() == 1'000);
  CHECK(server.most_records <= most);
  CHECK(report.requests() == server.requests);
  return server.requests;
}

TEST_CASE("1,000 records take few requests: 1, about 20 with one duplicate, 1,009 when all are known") {
  std::set<std::size_t> all;
  for (std::size_t i = 0; i < 1'000; ++i) all.insert(i);
  CHECK(requests_for(1'000, {}) == 1);
  CHECK(requests_for(1'000, all) == 1'009);
  CHECK(requests_for(500, {}) == 2);
  CHECK(requests_for(500, all) == 1'008);
  std::size_t most_1000 = 0, most_500 = 0, sum = 0;
  for (std::size_t i = 0; i < 1'000; i += 37) {
    const std::size_t wide = requests_for(1'000, {i});
    most_1000 = (std::max)(most_1000, wide);
    most_500 = (std::max)(most_500, requests_for(500, {i}));
    sum += wide;
  }
  CHECK(most_1000 <= 22);
  CHECK(most_500 <= 22);
  CHECK(sum / 28 <= 20);
}

TEST_CASE("the line of a 400 names the culprit in one request, without a line it is searched for") {
  for (const bool names : {true, false}) {
    table server;
    server.names_line = names;
    server.refused = {id_of(0), id_of(41), id_of(99)};
    server.known = {id_of(42)};
    table_client c(table_transport(server), manual_executor(), options{});
    const std::vector<record> batch = batch_of(100);
    const bulk_report report = c.bulk_insert(batch);
    CHECK(report.rejected() == 3);
    CHECK(report.duplicates() == 1);
    CHECK(report.delivered() == 96);
    for (std::size_t i = 0; i < batch.size(); ++i)
      if (server.refused.count(batch[i].record_id) != 0)
        CHECK(report[i] == record_outcome{outcome::rejected, errc::invalid_record, 400});
    CHECK(server.requests <= (names ? 3u + 16u : 60u));
  }
}

TEST_CASE("a body is cut by bytes and by count, and the limit of a 413 is learned") {
  table server;
  options settings;
  settings.max_body = 5'000;
  settings.max_batch = 30;
  const std::vector<record> batch = batch_of(200);
  table_client c(table_transport(server), manual_executor(), settings);
  CHECK(c.bulk_insert(batch));
  CHECK(server.largest <= 5'000);
  CHECK(server.most_records <= 30);

  table narrow;
  narrow.body_limit = 1'000;
  table_client d(table_transport(narrow), manual_executor(), options{});
  CHECK(d.bulk_insert(batch));
  CHECK(narrow.known.size() == 200);
  CHECK(narrow.requests <= 7 + 200 / 3 + 1);  // 32 KB, 16, 8 .. 0.5 - 1; never asked again

  table tiny;
  tiny.body_limit = 10;
  table_client e(table_transport(tiny), manual_executor(), options{});
  const std::vector<record> few = batch_of(4);
  const bulk_report report = e.bulk_insert(few);
  CHECK(report.rejected() == 4);
  CHECK(report.error().code == errc::record_too_large);
  CHECK(tiny.requests <= 4 * 2);
}

TEST_CASE("a record that fills the server's limit goes alone, to the route for one") {
  record large = numbered(1);
  large.with_meta("m", std::vector<std::string>(8'090, std::string(256, 'x')));
  const std::size_t size = encoded_size(large);
  REQUIRE(size < largest_body - 300);
  large.with_meta("n", std::string(200, 'x'));
  std::size_t room = largest_body - encoded_size(large);
  std::vector<std::string> fill;
  while (room > 259) {
    fill.emplace_back((std::min)(room - 3, std::size_t{256}), 'y');
    room -= fill.back().size() + 3;
  }
  std::vector<std::string> values = {std::string(200, 'x')};
  values.insert(values.end(), fill.begin(), fill.end());
  large.with_meta("n", values);
  while (encoded_size(large) < largest_body) large.record_id += 'z';
  REQUIRE(encoded_size(large) == largest_body);
  scripted_transport wire{reply::ok(), reply::ok(), reply::ok()};
  client<scripted_transport, manual_executor> c(wire, manual_executor(), options{});
  const std::vector<record> batch = {numbered(0), large, numbered(2)};
  CHECK(c.bulk_insert(batch));
  REQUIRE(wire.sent().size() == 3);
  CHECK(wire.sent()[0].target == "/records");
  CHECK(wire.sent()[1].target == "/record");
  CHECK(wire.sent()[1].body.size() == largest_body);
  CHECK(wire.sent()[2].target == "/records");
}

TEST_CASE("a body is one record a line") {
  scripted_transport wire{reply::ok()};
  client<scripted_transport, manual_executor> c(wire, manual_executor(), options{});
  const std::vector<record> batch = {numbered(2), numbered(1)};
  CHECK(c.bulk_insert(batch));
  std::string first, second;
  REQUIRE_FALSE(encode_record(batch[1], first));
  REQUIRE_FALSE(encode_record(batch[0], second));
  CHECK(wire.sent()[0].body == "[" + first + ",\n" + second + "]");
  CHECK(wire.sent()[0].headers.at(0).second == "application/json");
}

TEST_CASE("an empty batch, and one of invalid records only, send nothing") {
  scripted_transport wire;
  client<scripted_transport, manual_executor> c(wire, manual_executor(), options{});
  const bulk_report empty = c.bulk_insert(std::vector<record>{});
  CHECK(empty);
  CHECK(empty.size() == 0);
  std::vector<record> bad = batch_of(3);
  for (record& each : bad) each.components.front().amount = -5;
  const bulk_report report = c.bulk_insert(bad);
  CHECK(report.rejected() == 3);
  CHECK(report.errors().size() == 3);
  CHECK(report.errors()[2].index == 2);
  CHECK(report.errors()[2].record_id() == bad[2].record_id);
  CHECK(wire.sent().empty());
}

// ---- records of one id ------------------------------------------------------------------------------------

TEST_CASE("records of one id mean what so many calls would, one after the other") {
  const auto D = outcome::delivered, X = outcome::duplicate;
  constexpr errc E = errc::record_exists, C = errc::conflict, fine = errc::ok;
  const record closed = numbered(0), late = numbered(0).with_stop_time(start + std::chrono::hours{2});
  record open = closed, other = closed, invalid = closed;
  open.stop_time.reset();
  other.components.front().amount = 2;
  invalid.components.front().amount = -2;
  const reply exists = reply::with(500, "RECORD_EXISTS"), yes = reply::ok();
  const auto shows = [](const record& r) {
    std::string text;
    REQUIRE_FALSE(encode_record(r, text));
    return reply::with(200, text);
  };
  struct row {
    const char* what;
    on_duplicate policy;
    std::vector<record> batch;
    std::vector<reply> answers;
    std::string requests;  // P: POST, G: a look, U: PUT
    std::vector<record_outcome> said;
  };
  const on_duplicate fail = on_duplicate::fail, ignore = on_duplicate::ignore, compare = on_duplicate::compare,
                     update = on_duplicate::update;
  const row rows[] = {
      {"a job that starts and ends", update, {open, closed}, {yes, yes}, "PU", {{D, fine, 200}, {D, fine, 200}}},
      {"... twice the same",
       update,
       {open, closed, closed},
       {yes, yes},
       "PU",
       {{D, fine, 200}, {D, fine, 200}, {D, fine, 0}}},
      {"... and again with another end",
       update,
       {open, closed, late},
       {yes, yes},
       "PU",
       {{D, fine, 200}, {D, fine, 200}, {X, C, 0}}},
      {"the end before the start", update, {closed, open}, {yes}, "P", {{D, fine, 200}, {X, C, 0}}},
      {"another amount", update, {open, other, closed}, {yes, yes}, "PU", {{D, fine, 200}, {X, C, 0}, {D, fine, 200}}},
      {"its start is known", update, {open, closed}, {exists, shows(open), yes}, "PGU", {{D, fine, 500}, {D, fine, 200}}},
      {"a stranger's is known, and equal to the second",
       update,
       {other, closed},
       {exists, shows(closed), exists, shows(closed)},
       "PGPG",
       {{X, C, 500}, {D, fine, 500}}},
      {"ignored", ignore, {open, closed, other}, {yes}, "P", {{D, fine, 200}, {X, fine, 0}, {X, fine, 0}}},
      {"known and ignored", ignore, {open, closed}, {exists}, "P", {{X, fine, 500}, {X, fine, 0}}},
      {"compared",
       compare,
       {closed, closed, open, closed},
       {yes},
       "P",
       {{D, fine, 200}, {D, fine, 0}, {X, C, 0}, {D, fine, 0}}},
      {"a duplicate", fail, {closed, closed, other}, {yes}, "P", {{D, fine, 200}, {X, E, 0}, {X, E, 0}}},
      {"a duplicate of a duplicate", fail, {closed, open}, {exists}, "P", {{X, E, 500}, {X, E, 0}}},
      {"the first is invalid",
       update,
       {invalid, open, closed},
       {yes, yes},
       "PU",
       {{outcome::rejected, errc::invalid_record, 0}, {D, fine, 200}, {D, fine, 200}}},
      {"the first is refused",
       update,
       {open, closed},
       {reply::with(400, "Json deserialize error: no at line 1 column 2"), yes},
       "PP",
       {{outcome::rejected, errc::invalid_record, 400}, {D, fine, 200}}},
      {"the stop time is refused",
       update,
       {open, closed},
       {yes, reply::with(404, "Updating unknown record x not possible.")},
       "PU",
       {{D, fine, 200}, {outcome::not_applied, errc::record_not_found, 404}}},
      {"nobody may set it",
       update,
       {open, closed},
       {yes, reply::with(403)},
       "PU",
       {{D, fine, 200}, {outcome::not_applied, errc::not_authorised, 403}}},
  };
  for (const row& each : rows) {
    INFO(each.what);
    scripted_transport wire;
    const bulk_report report = insert(wire, each.answers, options{}, each.batch, {.duplicates = each.policy});
    std::string requests;
    for (const testing::sent_request& sent : wire.sent())
      requests += sent.method == verb::get ? 'G' : sent.method == verb::put ? 'U' : 'P';
    CHECK(requests == each.requests);
    REQUIRE(report.size() == each.said.size());
    for (std::size_t i = 0; i < report.size(); ++i) {
      INFO("record " << i << ": " << to_string(report[i].outcome) << ' ' << to_string(report[i].code) << ' '
                     << report[i].status);
      CHECK(report[i] == each.said[i]);
    }
  }
}

TEST_CASE("an error about a record of the same id names the other one") {
  std::vector<record> batch = {numbered(1), numbered(0), numbered(0)};
  batch[2].components.front().amount = 2;
  scripted_transport wire{reply::ok(), reply::ok()};
  client<scripted_transport, manual_executor> c(wire, manual_executor(), options{});
  const error conflict = c.bulk_insert(batch, {.duplicates = on_duplicate::compare}).error();
  CHECK(conflict.words() == "differs from record 1 of the batch: components[0].amount: 2 here, 1 stored");
  const error exists = c.bulk_insert(batch).error();
  CHECK(exists.words() == "is record 1 of the batch too");
  CHECK(exists.index == 2);
  CHECK(exists.record_id() == id_of(0));
}

TEST_CASE("many records of one id cost one request each at most") {
  table server;
  table_client c(table_transport(server), manual_executor(), options{});
  std::vector<record> batch = batch_of(500);
  for (std::size_t i = 0; i < 500; ++i) batch.push_back(batch[i]);
  for (std::size_t i = 0; i < 500; ++i) batch[i].stop_time.reset();
  CHECK(c.bulk_insert(batch, {.duplicates = on_duplicate::ignore}));
  CHECK(server.requests == 1);
}

TEST_CASE("what stays unknown of a record is not certain of the next of its id") {
  options once;
  once.retry.write_attempts = 1;
  const std::vector<record> same = {numbered(0), numbered(0)};
  std::vector<record> other = same;
  other[1].components.front().amount = 2;
  for (const auto& batch : {same, other}) {
    const bool is_same = batch[1] == batch[0];
    const std::vector<reply> answers = {reply::fails(errc::connection_lost), reply::with(404)};  // and nobody is there
    const bulk_report report = insert({}, answers, once, batch, {.duplicates = on_duplicate::compare});
    CHECK(report[0].outcome == outcome::unknown);
    CHECK(report[1].outcome == (is_same ? outcome::unknown : outcome::not_applied));

    std::vector<record> stops = batch;
    if (!is_same) stops[1].with_stop_time(start + std::chrono::hours{2});
    const bulk_report updated = update({}, answers, once, stops);
    CHECK(updated[0].outcome == outcome::unknown);
    CHECK(updated[1].outcome == (is_same ? outcome::unknown : outcome::not_applied));
  }
}

TEST_CASE("what a second attempt at a stop time says is not said of the first, whose answer was lost") {
  options once;
  once.retry.write_attempts = 1;
  record open = numbered(0);
  open.stop_time.reset();
  const std::vector<record> batch = {open, numbered(0)};
  const bulk_report report = insert({},
                                    {reply::ok(), reply::fails(errc::connection_lost), reply::ok(),
                                     reply::with(404, "Updating unknown record x not possible.")},
                                    once, batch, {.duplicates = on_duplicate::update});
  CHECK(report[1] == record_outcome{outcome::unknown, errc::record_not_found, 404});
}

TEST_CASE("a stop time that was set aside is tried again, but never behind a later one") {
  options once;
  once.retry.write_attempts = 1;
  const reply lost = reply::fails(errc::connection_lost), yes = reply::ok();
  record late = numbered(0).with_stop_time(start + std::chrono::hours{2}), open = numbered(0);
  open.stop_time.reset();
  for (const record& second : {late, open, numbered(0)}) {
    const bulk_report report = update({}, {lost, yes, yes, yes}, once, {numbered(0), second});
    CHECK(report[0].outcome == (second == late ? outcome::unknown : outcome::delivered));
    CHECK(report[1].outcome == (second == open ? outcome::rejected : outcome::delivered));
  }
}

TEST_CASE("progress counts to the end") {
  table server;
  server.known = {id_of(5)};
  options settings;
  settings.max_batch = 4;
  table_client c(table_transport(server), manual_executor(), settings);
  std::vector<std::size_t> seen;
  bulk_insert_options call;
  call.progress = [&seen](std::size_t done, std::size_t of) {
    CHECK(of == 20);
    seen.push_back(done);
  };
  CHECK(c.bulk_insert(batch_of(20), call).delivered() == 19);
  CHECK(std::is_sorted(seen.begin(), seen.end()));
  CHECK(std::adjacent_find(seen.begin(), seen.end()) == seen.end());  // nothing is told twice, the end neither
  CHECK(seen.size() > 4);
  CHECK(seen.back() == 20);
}

TEST_CASE("more than 100 failures keep the words of the first 100") {
  table server;
  for (std::size_t i = 0; i < 150; ++i) server.known.insert(id_of(i));
  table_client c(table_transport(server), manual_executor(), options{});
  const bulk_report report = c.bulk_insert(batch_of(150));
  CHECK(report.failures() == 150);
  CHECK(report.errors().size() == 100);
}

// ---- lost answers, step by step ---------------------------------------------------------------------------------

const reply ok = reply::ok(), exists = reply::with(500, "RECORD_EXISTS"), lost = reply::fails(errc::connection_lost);

struct story {
  const char* what;
  std::vector<reply> answers;
  std::vector<const char*> windows;  // the last digits of the ids of each request; ?: looked at; empty: a health check
  std::vector<outcome> outcomes;     // of the records 0, 1, 2, 3
};

TEST_CASE("after a lost answer the same window is sent again, and what it meets tells our own from a stranger's") {
  const auto D = outcome::delivered, X = outcome::duplicate, U = outcome::unknown, N = outcome::not_applied,
             R = outcome::rejected;
  const reply refused = reply::with(400, "Json deserialize error: x at line 2 column 1"), forbidden = reply::with(403);
  const auto shows = [](std::size_t i, std::int64_t amount = 1) {
    record r = numbered(i);
    r.components.front().amount = amount;
    std::string text;
    REQUIRE_FALSE(encode_record(r, text));
    return reply::with(200, text);
  };
  const reply nothing = ok, healthy = ok, not_here = reply::with(404);
  const story stories[] = {
      {"stored at once", {ok}, {"0123"}, {D, D, D, D}},
      {"not stored by the lost one", {lost, ok}, {"0123", "0123"}, {D, D, D, D}},
      {"stored by the lost one",
       {lost, exists, shows(0), shows(1), shows(2), shows(3)},
       {"0123", "0123", "?0", "?1", "?2", "?3"},
       {D, D, D, D}},
      {"the first is a stranger's", {lost, exists, shows(0, 9), ok}, {"0123", "0123", "?0", "123"}, {X, D, D, D}},
      {"the last is a stranger's",
       {lost, exists, nothing, ok, exists, ok, ok, exists},
       {"0123", "0123", "?0", "0", "123", "1", "2", "3"},
       {D, D, D, X}},
      {"stored by the lost one, and one is not shown at first",
       {lost, exists, shows(0), nothing, exists, shows(1), shows(2), shows(3)},
       {"0123", "0123", "?0", "?1", "1", "?1", "?2", "?3"},
       {D, D, D, D}},
      {"... and one is never shown",
       {lost, exists, shows(0), nothing, exists, nothing, exists, nothing, exists, nothing, shows(2), shows(3)},
       {"0123", "0123", "?0", "?1", "1", "?1", "1", "?1", "1", "?1", "?2", "?3"},
       {D, U, D, D}},
      {"nobody may look", {lost, exists, forbidden}, {"0123", "0123", "?0"}, {U, U, U, U}},
      {"one look-up fails, and does not the second time",
       {lost, exists, lost, lost, lost, healthy, shows(1), shows(2), shows(3), exists, shows(0)},
       {"0123", "0123", "?0", "?0", "?0", "", "?1", "?2", "?3", "0", "?0"},
       {D, D, D, D}},
      {"lost for good, twice",
       {lost, lost, lost, healthy, lost, lost, lost},
       {"0123", "0123", "0123", "", "0123", "0123", "0123"},
       {U, U, U, U}},
      {"lost for good, but not the second time",
       {lost, lost, lost, healthy, ok},
       {"0123", "0123", "0123", "", "0123"},
       {D, D, D, D}},
      {"lost for good, and stored: the second time each is looked at",
       {lost, lost, lost, forbidden, exists, shows(0), shows(1), shows(2), shows(3)},
       {"0123", "0123", "0123", "", "0123", "?0", "?1", "?2", "?3"},
       {D, D, D, D}},
      {"lost for good, and nobody is there", {lost, lost, lost, not_here}, {"0123", "0123", "0123", ""}, {U, U, U, U}},
      {"lost, then forbidden", {lost, forbidden}, {"0123", "0123"}, {U, U, U, U}},
      {"forbidden at once", {forbidden}, {"0123"}, {N, N, N, N}},
      {"a foreign answer that goes away",
       {reply::with(204), reply::with(302), reply::ok()},
       {"0123", "0123", "0123"},
       {D, D, D, D}},
      {"lost in half of it, stopped in the other",
       {exists, lost, ok, lost, lost, lost, not_here},
       {"0123", "01", "01", "2", "2", "2", ""},
       {D, D, U, N}},
      {"lost in half of it, and the others go on",
       {exists, lost, ok, lost, lost, lost, healthy, ok, ok},
       {"0123", "01", "01", "2", "2", "2", "", "3", "2"},
       {D, D, D, D}},
      {"stored in half of it, forbidden in the other", {exists, ok, forbidden}, {"0123", "01", "2"}, {D, D, N, N}},
      {"one of them is refused for its own sake", {refused, ok}, {"0123", "023"}, {D, R, D, D}},
      {"lost, then one is refused: nothing was stored",
       {lost, refused, exists, ok, ok, ok},
       {"0123", "0123", "023", "0", "2", "3"},
       {D, U, D, D}},
  };
  options three_attempts;
  three_attempts.retry.write_attempts = 3;
  for (const story& each : stories) {
    INFO(each.what);
    scripted_transport wire;
    const std::vector<record> batch = {numbered(0), numbered(1), numbered(2), numbered(3)};
    const bulk_report report = insert(wire, each.answers, three_attempts, batch);
    (void)insert({}, each.answers, three_attempts, batch, {.duplicates = on_duplicate::compare});
    std::vector<std::string> windows;
    for (const testing::sent_request& sent : wire.sent()) {
      std::string& window = windows.emplace_back();
      for (std::size_t i = 0; i < 4; ++i)
        if (sent.method == verb::get && sent.target.ends_with(id_of(i).substr(id_of(i).size() - 4)))
          window += "?" + std::to_string(i);
      for (std::size_t i = 0; i < 4; ++i)
        if (sent.body.find(id_of(i)) != std::string::npos) window += std::to_string(i);
    }
    CHECK(windows == std::vector<std::string>(each.windows.begin(), each.windows.end()));
    for (std::size_t i = 0; i < 4; ++i) {
      INFO("record " << i);
      CHECK(to_string(report[i].outcome) == to_string(each.outcomes[i]));
    }
    CHECK(wire.left() == 0);
  }
}

TEST_CASE("three windows in a row that stay unknown end the call, unless one is answered between them") {
  options one_by_one;
  one_by_one.retry.write_attempts = 1;
  one_by_one.max_batch = 1;
  const std::vector<record> batch = {numbered(0), numbered(1), numbered(2), numbered(3), numbered(4)};
  SECTION("three in a row") {
    scripted_transport wire;
    const bulk_report report = insert(wire, {lost, ok, lost, ok, lost}, one_by_one, batch);
    CHECK(report.unknown() == 3);
    CHECK(report.not_applied() == 2);
    CHECK(report[4] == record_outcome{outcome::not_applied, errc::connection_lost, 0});
    CHECK(report.error().index == 2);
    CHECK(report.error().code == errc::connection_lost);
    CHECK(wire.left() == 0);
  }
  SECTION("not in a row: each is tried once more, and one of them in vain") {
    const std::vector<reply> answers = {lost, ok, lost, ok, ok, lost, ok, ok, exists, reply::ok(), ok, lost, ok};
    const bulk_report report = insert({}, answers, one_by_one, batch);
    (void)insert({}, answers, one_by_one, batch, {.duplicates = on_duplicate::update});
    CHECK(report[0].outcome == outcome::unknown);  // exists, and is not shown
    CHECK(report[1].outcome == outcome::delivered);
    CHECK(report[2].outcome == outcome::delivered);
    CHECK(report[3].outcome == outcome::unknown);
    CHECK(report[4].outcome == outcome::delivered);
  }
}

// ---- policies ---------------------------------------------------------------------------------------------------

TEST_CASE("bulk_insert does with a known id what the policy says") {
  std::string equal, open, other;
  REQUIRE_FALSE(encode_record(numbered(0), equal));
  record changed = numbered(0);
  changed.stop_time.reset();
  REQUIRE_FALSE(encode_record(changed, open));
  changed = numbered(0);
  changed.components.front().amount = 9;
  REQUIRE_FALSE(encode_record(changed, other));
  struct row {
    on_duplicate policy;
    std::vector<reply> answers;  // behind RECORD_EXISTS
    record_outcome how;
  };
  const auto show = [](const std::string& text) { return reply::with(200, text); };
  const row rows[] = {
      {on_duplicate::fail, {}, {outcome::duplicate, errc::record_exists, 500}},
      {on_duplicate::ignore, {}, {outcome::duplicate, errc::ok, 500}},
      {on_duplicate::compare, {show(equal)}, {outcome::delivered, errc::ok, 500}},
      {on_duplicate::compare, {show(other)}, {outcome::duplicate, errc::conflict, 500}},
      {on_duplicate::compare, {show(open)}, {outcome::duplicate, errc::conflict, 500}},
      {on_duplicate::compare, {reply::ok(), exists, show(equal)}, {outcome::delivered, errc::ok, 500}},
      {on_duplicate::compare,
       {reply::ok(), exists, reply::ok(), exists, reply::ok()},
       {outcome::duplicate, errc::record_exists, 500}},
      {on_duplicate::compare, {reply::with(403)}, {outcome::duplicate, errc::record_exists, 500}},
      {on_duplicate::update, {show(open), reply::ok()}, {outcome::delivered, errc::ok, 200}},
      {on_duplicate::update, {show(other)}, {outcome::duplicate, errc::conflict, 500}},
      {on_duplicate::update,
       {show(open), reply::with(404, "Updating unknown record x not possible.")},
       {outcome::not_applied, errc::record_not_found, 404}},
      {on_duplicate::update, {show(open), reply::with(413)}, {outcome::rejected, errc::record_too_large, 413}},
  };
  for (const row& each : rows) {
    std::vector<reply> answers = {exists, exists};
    answers.insert(answers.end(), each.answers.begin(), each.answers.end());
    answers.push_back(ok);
    scripted_transport wire;
    const bulk_report report = insert(wire, answers, options{}, {numbered(0), numbered(1)}, {.duplicates = each.policy});
    INFO(to_string(each.policy) << ' ' << each.answers.size());
    CHECK(report[0] == each.how);
    CHECK(report[1] == record_outcome{outcome::delivered, errc::ok, 200});
    CHECK(bool(report) == (each.how.code == errc::ok));
    CHECK(wire.left() == 0);
    if (!report) CHECK(report.error().index == 0);
    if (!report) CHECK(report.errors().size() == 1);
  }
}

TEST_CASE("what ended a bulk says of its record what the report says, also when an earlier attempt was lost") {
  std::vector<reply> answers(5, reply::fails(errc::connection_lost));
  answers.push_back(reply::ok());       // there is a server
  answers.push_back(reply::with(403));  // to what was set aside
  const bulk_report report = insert({}, answers, options{}, {numbered(0), numbered(1)});
  CHECK(report.unknown() == 2);
  REQUIRE(report.errors().size() == 1);
  CHECK(report.error().outcome == outcome::unknown);
  CHECK(message(report.error()).find("may have been stored") != std::string::npos);
}

TEST_CASE("a stop time that may not be set stops the bulk, and is told once") {
  std::string open;
  record changed = numbered(0);
  changed.stop_time.reset();
  REQUIRE_FALSE(encode_record(changed, open));
  scripted_transport wire;
  const bulk_report report = insert(wire, {exists, exists, reply::with(200, open), reply::with(403)}, options{},
                                    {numbered(0), numbered(1)}, {.duplicates = on_duplicate::update});
  CHECK(report[0] == record_outcome{outcome::not_applied, errc::not_authorised, 403});
  CHECK(report[1] == record_outcome{outcome::not_applied, errc::not_authorised, 403});
  CHECK(report.errors().size() == 1);
  CHECK(wire.left() == 0);
}

}  // namespace
