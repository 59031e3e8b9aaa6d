// What is built in a chain or moved onto itself keeps everything: a query that forgets a filter asks for other records.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include <auditor/base/result.hpp>
#include <auditor/model/record.hpp>
#include <auditor/operation/batch.hpp>
#include <auditor/operation/read_summary.hpp>
#include <auditor/query/query.hpp>
#include <auditor/testing/scripted_transport.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "moved_onto_itself.hpp"

using namespace std::chrono_literals;
using auditor::bulk_report;
using auditor::component;
using auditor::contains;
using auditor::errc;
using auditor::gte;
using auditor::lt;
using auditor::meta;
using auditor::query;
using auditor::record;
using auditor::record_list;
using auditor::result;
using auditor::testing::reply;
using auditor::testing::scripted_transport;

namespace {

constexpr auto start = std::chrono::sys_days(std::chrono::year(2026) / 3 / 1) + 12h;
// Longer than a string keeps in itself: those are where a move shows.
const std::string text = "a text that no string of any library keeps within itself";

query a_query() {
  return query::raw("start_time[lt]=2027-01-01T00:00:00Z")
      .with_record_id(text)
      .with_meta(text, contains(text))
      .with_component(text, gte(8));
}

record a_record() {
  record r = record{text, start}
                 .with_component(component{text, 8}.with_score(text, 9.25))
                 .with_meta(text, text)
                 .with_stop_time(start + 1h);
  r.runtime = 3600;
  return r;
}

}  // namespace

TEST_CASE("a query is changed by a chain that is assigned to it, condition by condition") {
  query q = query{}.with_meta("user", contains("rare"));
  q = std::move(q).with_runtime(gte(5));
  CHECK(q == query{}.with_meta("user", contains("rare")).with_runtime(gte(5)));
  q = std::move(q).with_record_id(text);
  q = std::move(q).with_start_time(gte(start));
  q = std::move(q).with_stop_time(lt(start + 1h));
  q = std::move(q).with_meta("site", contains(text));
  q = std::move(q).with_component("CPU", gte(8));
  q = std::move(q).sort_by(ascending(auditor::field::record_id));
  q = std::move(q).limit(10);
  CHECK(q == query{}
                 .with_meta("user", contains("rare"))
                 .with_runtime(gte(5))
                 .with_record_id(text)
                 .with_start_time(gte(start))
                 .with_stop_time(lt(start + 1h))
                 .with_meta("site", contains(text))
                 .with_component("CPU", gte(8))
                 .sort_by(ascending(auditor::field::record_id))
                 .limit(10));
}

TEST_CASE("a record and its parts are changed by a chain that is assigned to them") {
  component c{text, 8};
  c = std::move(c).with_score(text, 9.25);
  meta m;
  m = std::move(m).set(text, {text});
  m = std::move(m).set("other", {"a", "b"});
  CHECK(m == meta{{text, {text}}, {"other", {"a", "b"}}});
  record r{text, start};
  r = std::move(r).with_component(std::move(c));
  r = std::move(r).with_meta(std::move(m));
  r = std::move(r).with_meta("list", {"a", "b"});
  r = std::move(r).with_meta("values", "a", "b");
  r = std::move(r).with_stop_time(start + 1h);
  CHECK(r == record{text, start}
                 .with_component(component{text, 8}.with_score(text, 9.25))
                 .with_meta(meta{{text, {text}}, {"other", {"a", "b"}}, {"list", {"a", "b"}}, {"values", {"a", "b"}}})
                 .with_stop_time(start + 1h));
}

TEST_CASE("a chain on a temporary is a value, so that a reference to it keeps it alive") {
  auto&& q = query{}.with_meta(text, contains(text)).limit(1);
  auto&& r = record{text, start}.with_meta(text, text);
  auto&& c = component{text, 8}.with_score(text, 9.25);
  auto&& m = meta{}.set(text, {text});
  auto&& answer = reply::with(200, text).cut_after(5).in_chunks_of(2);
  auto&& transport = scripted_transport{}.expect(answer).expect(reply::ok());
  CHECK(q == query{}.with_meta(text, contains(text)).limit(1));
  CHECK(r.record_id == text);
  CHECK(c.name == text);
  CHECK(m.begin()->name == text);
  CHECK(answer.body == text);
  CHECK(transport.left() == 2);
  STATIC_REQUIRE(std::is_same_v<decltype(query{}.with_record_id(text)), query>);
  STATIC_REQUIRE(std::is_same_v<decltype(query{}.with_start_time(gte(start))), query>);
  STATIC_REQUIRE(std::is_same_v<decltype(query{}.with_stop_time(gte(start))), query>);
  STATIC_REQUIRE(std::is_same_v<decltype(query{}.with_runtime(gte(1))), query>);
  STATIC_REQUIRE(std::is_same_v<decltype(query{}.with_component(text, gte(1))), query>);
  STATIC_REQUIRE(std::is_same_v<decltype(query{}.sort_by(ascending(auditor::field::runtime))), query>);
  STATIC_REQUIRE(std::is_same_v<decltype(record{}.with_meta(text, {text})), record>);
  STATIC_REQUIRE(std::is_same_v<decltype(record{}.with_meta(meta{})), record>);
  STATIC_REQUIRE(std::is_same_v<decltype(record{}.with_stop_time(start)), record>);
  STATIC_REQUIRE(std::is_same_v<decltype(reply::ok().cut_after(1)), reply>);
}

TEST_CASE("what is taken from a temporary report or list is a value") {
  STATIC_REQUIRE(std::is_same_v<decltype(std::declval<bulk_report>().error()), auditor::error>);
  STATIC_REQUIRE(std::is_same_v<decltype(std::declval<bulk_report>().errors()), std::vector<auditor::error>>);
  STATIC_REQUIRE(std::is_same_v<decltype(std::declval<bulk_report>()[0]), auditor::record_outcome>);
  STATIC_REQUIRE(std::is_same_v<decltype(std::declval<record_list>()[0]), record>);
  STATIC_REQUIRE(std::is_same_v<decltype(*std::declval<result<record_list>>()), record_list>);
  STATIC_REQUIRE(std::is_same_v<decltype(std::declval<result<record_list>>().value()), record_list>);
}

TEST_CASE("what is moved onto itself stays as it is") {
  CHECK(moved_onto_itself(a_query()) == a_query());
  CHECK(moved_onto_itself(a_record()) == a_record());
  CHECK(moved_onto_itself(a_record().components[0]) == a_record().components[0]);
  CHECK(moved_onto_itself(a_record().meta) == a_record().meta);

  record_list list;
  list.records = {a_record(), a_record()};
  list.summary = {2, auditor::completeness::complete, 1};
  list = moved_onto_itself(std::move(list));
  CHECK(list.records == std::vector<record>{a_record(), a_record()});
  CHECK(list.summary.records == 2);
  CHECK(list.summary.state == auditor::completeness::complete);
  CHECK(list.summary.unreadable == 1);

  const std::vector<record> three(3, a_record());
  bulk_report report(3);
  auditor::detail::bulk_outcomes outcomes(report.room(), std::span(three), {}, {});
  outcomes.fail(1, {auditor::outcome::unknown, errc::timed_out, 500}, auditor::error(errc::timed_out, text));
  outcomes.sent();
  outcomes.finish();
  report = moved_onto_itself(std::move(report));
  REQUIRE(report.size() == 3);
  CHECK(report[1] == auditor::record_outcome{auditor::outcome::unknown, errc::timed_out, 500});
  CHECK(report.error().words() == text);
  CHECK(report.unknown() == 1);
  CHECK(report.failures() == 1);
  CHECK(report.requests() == 1);

  CHECK(*moved_onto_itself(result<std::string>(text)) == text);
  CHECK(*moved_onto_itself(result<std::vector<record>>(std::vector{a_record()})) == std::vector{a_record()});
  CHECK(**moved_onto_itself(result<std::optional<record>>(a_record())) == a_record());
  CHECK(moved_onto_itself(result<std::string>(auditor::error(errc::conflict, text))).error().words() == text);
  CHECK(moved_onto_itself(result<void>(auditor::error(errc::conflict, text))).error().words() == text);
  CHECK(moved_onto_itself(auditor::error(errc::conflict, text)).words() == text);
  CHECK(moved_onto_itself(scripted_transport{reply::ok()}).left() == 1);
}

TEST_CASE("what is moved to another takes everything along") {
  query q;
  q = a_query();
  CHECK(q == a_query());
  record r;
  r = a_record();
  CHECK(r == a_record());
  component c;
  c = std::move(r.components[0]);
  CHECK(c == a_record().components[0]);
  meta m;
  m = std::move(r.meta);
  CHECK(m == a_record().meta);
  result<std::string> from = text, to = errc::conflict;
  to = std::move(from);
  CHECK(to.value() == text);
  to = result<std::string>(errc::timed_out);
  CHECK(to.error().code == errc::timed_out);
  STATIC_REQUIRE(std::is_nothrow_move_assignable_v<record>);
  STATIC_REQUIRE(std::is_nothrow_move_constructible_v<query>);
}
