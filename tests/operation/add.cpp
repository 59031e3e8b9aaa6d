// add and its duplicate policies, update, and the attempts of both.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include "catch.hpp"

#include <auditor/auditor.hpp>
#include <auditor/testing/manual_executor.hpp>
#include <auditor/testing/scripted_transport.hpp>

#include <chrono>
#include <cmath>
#include <cstddef>
#include <initializer_list>
#include <string>
#include <vector>

namespace {

using namespace auditor;
using testing::manual_executor;
using testing::reply;
using testing::scripted_transport;
using client_type = client<scripted_transport, manual_executor>;

const timestamp start{std::chrono::hours{450'000}};
record closed() {
  return record{"job#1", start}
      .with_component(component{"CPU", 4}.with_score("HEPSPEC06", 9.2))
      .with_meta("site", "a")
      .with_stop_time(start + std::chrono::hours{1});
}
record open_one() {
  record r = closed();
  r.stop_time.reset();
  return r;
}
record another() {
  record r = closed();
  r.components.front().amount = 5;
  return r;
}
reply shows(const record& r) {
  std::string text;
  REQUIRE_FALSE(encode_record(r, text));
  return reply::with(200, text);
}
const reply exists = reply::with(500, "RECORD_EXISTS");
const reply warned =
    reply::with(200, "{\"warning\":\"Record already exists, but the error was ignored due to AUDITOR configuration.\"}");
const reply lost = reply::fails(errc::connection_lost);
const reply refused = reply::fails(errc::connect_failed);

struct row {
  const char* what;
  on_duplicate policy;
  record sent;
  std::vector<reply> answers;
  errc code;
  auditor::outcome outcome;  // of an error
  delivery how;              // of a success
};

const auto fail = on_duplicate::fail, ignore = on_duplicate::ignore, compare = on_duplicate::compare,
           update = on_duplicate::update;
const auto ok = errc::ok, record_exists = errc::record_exists, conflict = errc::conflict;
const auto none = outcome::delivered, duplicate = outcome::duplicate, unknown = outcome::unknown;

const std::vector<row> rows() {
  record within = closed();
  for (int i = 0; i < 4; ++i) {
    double& score = within.components.front().scores.front().value;
    score = std::nextafter(score, 10);
  }
  record beyond = closed();
  beyond.components.front().scores.front().value = std::nextafter(within.components.front().scores.front().value, 10);
  record later = closed();
  *later.stop_time += std::chrono::microseconds{1};
  record other_open = another();
  other_open.stop_time.reset();
  return {
      {"stored", fail, closed(), {reply::ok()}, ok, none, delivery::stored},
      {"known", fail, closed(), {exists}, record_exists, duplicate, {}},
      {"known, with a warning", fail, closed(), {warned}, record_exists, duplicate, {}},
      {"known by our own lost attempt",
       fail,
       closed(),
       {lost, exists, shows(closed())},
       ok,
       none,
       delivery::already_stored},
      {"the same with a warning", fail, closed(), {lost, warned, shows(closed())}, ok, none, delivery::already_stored},
      {"known by an attempt that a proxy answered",
       fail,
       closed(),
       {reply::with(502), exists, shows(closed())},
       ok,
       none,
       delivery::already_stored},
      {"a stranger's behind a lost attempt",
       fail,
       closed(),
       {lost, exists, shows(another())},
       record_exists,
       duplicate,
       {}},
      {"a stranger's open one behind a lost attempt",
       fail,
       closed(),
       {lost, exists, shows(open_one())},
       record_exists,
       duplicate,
       {}},
      {"behind a lost attempt, not shown at first",
       fail,
       closed(),
       {lost, exists, reply::ok(), exists, shows(closed())},
       ok,
       none,
       delivery::already_stored},
      {"behind a lost attempt, not shown, and not there",
       fail,
       closed(),
       {lost, exists, reply::ok(), reply::ok()},
       ok,
       none,
       delivery::stored},
      {"behind a lost attempt, never shown",
       fail,
       closed(),
       {lost, exists, reply::ok(), exists, reply::ok(), exists, reply::ok()},
       record_exists,
       unknown,
       {}},
      {"behind a lost attempt, not shown, then forbidden",
       fail,
       closed(),
       {lost, exists, reply::ok(), reply::with(403)},
       errc::not_authorised,
       unknown,
       {}},
      {"behind a lost attempt, a look-up without a body",
       compare,
       closed(),
       {lost, exists, reply::with(204), reply::with(204), reply::with(204)},
       record_exists,
       unknown,
       {}},
      {"behind a lost attempt, a look-up that is redirected",
       update,
       closed(),
       {lost, exists, reply::with(302), reply::with(302), reply::with(302)},
       record_exists,
       unknown,
       {}},
      {"behind a lost attempt, a look-up that a page answers once",
       update,
       closed(),
       {lost, exists, reply::with(200, "<html>"), shows(closed())},
       ok,
       none,
       delivery::already_stored},
      {"known behind a refused attempt", fail, closed(), {refused, exists}, record_exists, duplicate, {}},
      {"ignored", ignore, closed(), {exists}, ok, none, delivery::ignored},
      {"ignored, and our own", ignore, closed(), {lost, exists}, ok, none, delivery::ignored},

      {"equal", compare, closed(), {exists, shows(closed())}, ok, none, delivery::equal},
      {"equal, and our own", compare, closed(), {lost, exists, shows(closed())}, ok, none, delivery::already_stored},
      {"4 units in the last place are equal", compare, closed(), {exists, shows(within)}, ok, none, delivery::equal},
      {"5 are not", compare, closed(), {exists, shows(beyond)}, conflict, duplicate, {}},
      {"a microsecond is not", compare, closed(), {exists, shows(later)}, conflict, duplicate, {}},
      {"different", compare, closed(), {exists, shows(another())}, conflict, duplicate, {}},
      {"different, so not our own", compare, closed(), {lost, exists, shows(another())}, conflict, duplicate, {}},
      {"open there", compare, closed(), {exists, shows(open_one())}, conflict, duplicate, {}},
      {"open here", compare, open_one(), {exists, shows(closed())}, conflict, duplicate, {}},
      {"never shown",
       compare,
       closed(),
       {exists, reply::ok(), exists, reply::ok(), exists, reply::ok()},
       record_exists,
       duplicate,
       {}},
      {"not there any more", compare, closed(), {exists, reply::ok(), reply::ok()}, ok, none, delivery::stored},
      {"not allowed to look", compare, closed(), {exists, reply::with(403)}, record_exists, duplicate, {}},
      {"not able to look",
       compare,
       closed(),
       {exists, reply::with(200, "<html>"), reply::with(200, "<html>"), reply::with(200, "<html>")},
       record_exists,
       duplicate,
       {}},
      {"not able to look, and perhaps our own",
       compare,
       closed(),
       {lost, exists, reply::with(403)},
       record_exists,
       unknown,
       {}},
      {"looked at the second time",
       compare,
       closed(),
       {exists, reply::with(500), shows(closed())},
       ok,
       none,
       delivery::equal},
      {"cut while looking",
       compare,
       closed(),
       {exists, reply::with(200, "{\"record_id\":\"job#1\","), exists, shows(closed())},
       ok,
       none,
       delivery::equal},
      {"another record is shown",
       compare,
       closed(),
       {exists, shows(record{"job#2", start}), exists, shows(closed())},
       ok,
       none,
       delivery::equal},

      {"update: equal", update, closed(), {exists, shows(closed())}, ok, none, delivery::equal},
      {"update: open there", update, closed(), {exists, shows(open_one()), reply::ok()}, ok, none, delivery::stop_time_set},
      {"update: the answer is lost once",
       update,
       closed(),
       {exists, shows(open_one()), lost, reply::ok()},
       ok,
       none,
       delivery::stop_time_set},
      {"update: the answer is lost for good",
       update,
       closed(),
       {exists, shows(open_one()), lost, lost, lost},
       errc::connection_lost,
       unknown,
       {}},
      {"update: gone meanwhile",
       update,
       closed(),
       {exists, shows(open_one()), reply::with(404, "Updating unknown record job#1 not possible.")},
       errc::record_not_found,
       outcome::not_applied,
       {}},
      {"update: open and different", update, closed(), {exists, shows(other_open)}, conflict, duplicate, {}},
      {"update: another stop time", update, closed(), {exists, shows(later)}, conflict, duplicate, {}},
      {"update: open here", update, open_one(), {exists, shows(closed())}, conflict, duplicate, {}},

      {"lost for good", fail, closed(), {lost, lost, lost}, errc::connection_lost, unknown, {}},
      {"lost, then refused", fail, closed(), {lost, refused, refused}, errc::connect_failed, unknown, {}},
      {"lost, then forbidden", fail, closed(), {lost, reply::with(403)}, errc::not_authorised, unknown, {}},
      {"lost, then not understood",
       fail,
       closed(),
       {lost, reply::with(400, "Json deserialize error")},
       errc::invalid_record,
       unknown,
       {}},
      {"refused for good", fail, closed(), {refused, refused, refused}, errc::connect_failed, outcome::not_applied, {}},
  };
}

TEST_CASE("add does with a known id what the policy says, and knows its own lost attempts") {
  for (const row& each : rows()) {
    INFO(each.what);
    scripted_transport wire;
    for (const reply& r : each.answers) wire.expect(r);
    options three_attempts;
    three_attempts.retry.write_attempts = 3;
    client_type c(wire, manual_executor(), three_attempts);
    add_options call;
    call.duplicates = each.policy;
    const result<receipt> added = c.add(each.sent, call);
    CHECK(to_string(added.error().code) == to_string(each.code));
    if (added) CHECK(to_string(added->how) == to_string(each.how));
    if (!added) CHECK(to_string(added.error().outcome) == to_string(each.outcome));
    if (!added) CHECK(added.error().record_id() == "job#1");
    CHECK(wire.left() == 0);
    CHECK(wire.sent().size() == each.answers.size());
    std::string posted, put;
    for (const testing::sent_request& sent : wire.sent()) {
      if (sent.method == verb::get) CHECK(sent.target == "/records?record_id=job%231");
      if (sent.method == verb::get)
        CHECK(sent.headers == std::vector<std::pair<std::string, std::string>>{{"Cache-Control", "no-cache"}});
      if (sent.method != verb::get) CHECK(sent.target == "/record");
      if (sent.method != verb::get)
        CHECK(sent.headers == std::vector<std::pair<std::string, std::string>>{{"Content-Type", "application/json"}});
      std::string& first = sent.method == verb::post ? posted : put;
      if (sent.method != verb::get) CHECK((first.empty() || first == sent.body));  // identical bytes
      if (sent.method != verb::get) first = sent.body;
    }
  }
}

TEST_CASE("a conflict names the field and both values") {
  client_type c({exists, shows(another())}, manual_executor(), options{});
  add_options call;
  call.duplicates = compare;
  const error e = c.add(closed(), call).error();
  CHECK(e.words() == "components[0].amount: 4 here, 5 stored");
}

TEST_CASE("a duplicate that was not compared says why") {
  client_type c({exists, reply::with(403)}, manual_executor(), options{});
  add_options call;
  call.duplicates = compare;
  const std::string words(c.add(closed(), call).error().words());
  CHECK(words.find("not compared") != std::string::npos);
}

TEST_CASE("an invalid record is refused before anything is sent") {
  scripted_transport wire;
  client_type c(wire, manual_executor(), options{});
  record negative = closed();
  negative.components.front().amount = -1;
  record nan = closed();
  nan.components.front().scores.front().value = std::nan("");
  record blank = closed();
  blank.record_id = " ";
  record backwards = closed();
  backwards.stop_time = start - std::chrono::hours{1};
  record huge = closed();
  huge.with_meta("m", std::vector<std::string>(10'000, std::string(255, 'x')));
  for (const record& each : {negative, nan, blank, backwards, huge}) {
    const error e = c.add(each).error();
    CHECK((e.code == errc::invalid_record || e.code == errc::record_too_large));
    CHECK(e.outcome == outcome::rejected);
    CHECK(e.attempts == 0);
    CHECK(c.update(each).error().outcome == outcome::rejected);
  }
  CHECK(c.update(open_one()).error().code == errc::invalid_record);
  CHECK(c.update(open_one()).error().outcome == outcome::rejected);
  CHECK(wire.sent().empty());
}

TEST_CASE("update is repeated after a lost answer, and tells an unknown record from a wrong endpoint") {
  struct update_row {
    std::vector<reply> answers;
    errc code;
    auditor::outcome outcome;
  };
  const reply unknown_record = reply::with(404, "Updating unknown record job#1 not possible.");
  const update_row table[] = {
      {{reply::ok()}, errc::ok, outcome::delivered},
      {{lost, reply::ok()}, errc::ok, outcome::delivered},
      {{reply::with(500, "pool timed out"), refused, reply::ok()}, errc::ok, outcome::delivered},
      {{lost, lost, lost}, errc::connection_lost, unknown},
      {{unknown_record}, errc::record_not_found, outcome::not_applied},
      {{lost, unknown_record}, errc::record_not_found, unknown},
      {{reply::with(404, "The requested resource was not found. 404 Not Found")},
       errc::wrong_endpoint,
       outcome::not_applied},
      {{reply::with(500, "RECORD_EXISTS"), reply::ok()}, errc::ok, outcome::delivered},
      {{reply::with(204), reply::ok()}, errc::ok, outcome::delivered},
      {{reply::with(204), reply::with(201), reply::with(204)}, errc::not_auditor, unknown},
      {{reply::with(302), reply::with(302), reply::with(302)}, errc::wrong_endpoint, outcome::not_applied},
      {{reply::with(407), reply::ok()}, errc::ok, outcome::delivered},
  };
  for (const update_row& each : table) {
    scripted_transport wire;
    for (const reply& r : each.answers) wire.expect(r);
    options three_attempts;
    three_attempts.retry.write_attempts = 3;
    client_type c(wire, manual_executor(), three_attempts);
    const result<void> updated = c.update(closed());
    CHECK(to_string(updated.error().code) == to_string(each.code));
    if (!updated) CHECK(to_string(updated.error().outcome) == to_string(each.outcome));
    CHECK(wire.left() == 0);
    CHECK(wire.sent()[0].line() == "PUT /record");
  }
}

TEST_CASE("bulk_update goes on behind a record that is refused, and stops at what would refuse the next one too") {
  const reply unknown_record = reply::with(404, "Updating unknown record job not possible.");
  std::vector<record> batch;
  for (int i = 0; i < 5; ++i) {
    batch.push_back(closed());
    batch.back().record_id = "job" + std::to_string(i);
  }
  batch[1].stop_time.reset();
  std::vector<std::size_t> seen;
  bulk_update_options call;
  call.progress = [&seen](std::size_t done, std::size_t of) {
    CHECK(of == 5);
    seen.push_back(done);
  };
  SECTION("to the end") {
    client_type c({reply::ok(), unknown_record, reply::with(400, "Json deserialize error"), reply::ok()}, manual_executor(),
                  options{});
    const bulk_report report = c.bulk_update(batch, call);
    CHECK(report[0] == record_outcome{outcome::delivered, errc::ok, 200});
    CHECK(report[1] == record_outcome{outcome::rejected, errc::invalid_record, 0});
    CHECK(report[2] == record_outcome{outcome::not_applied, errc::record_not_found, 404});
    CHECK(report[3] == record_outcome{outcome::rejected, errc::invalid_record, 400});
    CHECK(report[4] == record_outcome{outcome::delivered, errc::ok, 200});
    CHECK(report.failures() == 3);
    CHECK(report.errors().size() == 3);
    CHECK(report.errors()[1].index == 2);
    CHECK(report.requests() == 4);
    CHECK(seen == std::vector<std::size_t>{0, 1, 2, 3, 4, 5});
  }
  SECTION("to a 403") {
    client_type c({reply::ok(), reply::with(403)}, manual_executor(), options{});
    const bulk_report report = c.bulk_update(batch, call);
    CHECK(report[2] == record_outcome{outcome::not_applied, errc::not_authorised, 403});
    CHECK(report[3].outcome == outcome::not_applied);
    CHECK(report[4].code == errc::not_authorised);
    CHECK(c.transport().sent().size() == 2);
    CHECK(seen.back() == 5);
  }
  options one_attempt;
  one_attempt.retry.write_attempts = 1;
  SECTION("to a server that is lost") {
    client_type c({reply::ok(), lost, reply::with(404)}, manual_executor(), one_attempt);
    const bulk_report report = c.bulk_update(batch, call);
    CHECK(report[2].outcome == outcome::unknown);
    CHECK(report[3].outcome == outcome::not_applied);
    CHECK(seen.back() == 5);
  }
  SECTION("behind one that stays unknown, which is tried once more") {
    client_type c({reply::ok(), lost, reply::ok(), reply::ok(), reply::ok(), reply::ok()}, manual_executor(), one_attempt);
    const bulk_report report = c.bulk_update(batch, call);
    CHECK(report.delivered() == 4);
    CHECK(c.transport().left() == 0);
    CHECK(c.transport().sent()[2].line() == "GET /health_check");
    CHECK(c.transport().sent()[5].body == c.transport().sent()[1].body);
  }
  SECTION("... but not over a later update of the same record") {
    batch[4].record_id = batch[2].record_id;
    *batch[4].stop_time += std::chrono::hours{1};
    client_type c({reply::ok(), lost, reply::ok(), reply::ok(), reply::ok()}, manual_executor(), one_attempt);
    const bulk_report report = c.bulk_update(batch, call);
    CHECK(report[2] == record_outcome{outcome::unknown, errc::connection_lost, 0});
    CHECK(report[4].outcome == outcome::delivered);
    CHECK(c.transport().left() == 0);
  }
}

}  // namespace
