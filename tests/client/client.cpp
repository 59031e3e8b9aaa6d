// The client's own part: look-ups of one record, visitors that stop, streams, the short names of queries.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include "catch.hpp"

#include <auditor/auditor.hpp>
#include <auditor/testing/manual_executor.hpp>
#include <auditor/testing/scripted_transport.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace auditor;
using testing::manual_executor;
using testing::reply;
using testing::scripted_transport;
using client_type = client<scripted_transport, manual_executor>;

std::string text_of(std::string_view id, bool readable = true) {
  return "{\"record_id\":\"" + std::string(id) + "\",\"meta\":null,\"components\":" + (readable ? "[]" : "null") +
         ",\"start_time\":\"2023-01-01T00:00:00Z\",\"stop_time\":null,\"runtime\":null}";
}
const timestamp start{std::chrono::hours{450'000}};
const reply nothing = reply::ok();

TEST_CASE("find and get_single_record ask for one id, and prove that it is not there") {
  struct row {
    const char* what;
    std::vector<reply> answers;
    errc found, single;
    bool there;
  };
  const reply it = reply::with(200, text_of("a#b")), row_of_table = reply::with(200, text_of("z"));
  const row rows[] = {
      {"there", {it}, errc::ok, errc::ok, true},
      {"not there",
       {nothing, row_of_table, nothing, row_of_table, nothing, row_of_table, nothing, row_of_table, nothing},
       errc::ok,
       errc::record_not_found,
       false},
      {"there, but the database was dead", {nothing, row_of_table, it}, errc::ok, errc::ok, true},
      {"a dead database",
       {nothing, nothing, reply::with(500), reply::with(500)},
       errc::server_failure,
       errc::server_failure,
       false},
      {"there, and the connection lost behind it",
       {reply::with(200, text_of("a#b") + text_of("x")).cut_after(text_of("a#b").size())},
       errc::ok,
       errc::ok,
       true},
      {"cut inside", {reply::with(200, "{\"record_id\":\"a#b\""), it}, errc::ok, errc::ok, true},
      {"unreadable", {reply::with(200, text_of("a#b", false))}, errc::unreadable_record, errc::unreadable_record, false},
      {"another one",
       {reply::with(200, text_of("a")), reply::with(200, text_of("b"))},
       errc::not_auditor,
       errc::not_auditor,
       false},
      {"another one, once", {reply::with(200, text_of("a")), it}, errc::ok, errc::ok, true},
      {"not allowed", {reply::with(403)}, errc::not_authorised, errc::not_authorised, false},
  };
  for (const row& each : rows) {
    INFO(each.what);
    options twice;
    twice.retry.read_attempts = 2;
    scripted_transport wire, again;
    for (const reply& r : each.answers) wire.expect(r), again.expect(r);
    client_type c(wire, manual_executor(), twice), d(again, manual_executor(), twice);
    const auto found = c.find("a#b");
    CHECK(to_string(found.error().code) == to_string(each.found));
    if (found) CHECK(found->has_value() == each.there);
    if (!found) CHECK(found.error().record_id() == "a#b");
    const auto single = d.get_single_record("a#b");
    CHECK(to_string(single.error().code) == to_string(each.single));
    if (single) CHECK(single->record_id == "a#b");
    if (!single) CHECK(single.error().record_id() == "a#b");
    if (!single) CHECK(single.error().request != route::none);
    CHECK(wire.left() == 0);
    CHECK(wire.sent()[0].line() == "GET /records?record_id=a%23b");
  }
}

TEST_CASE("an impossible id or query is an error before anything is sent") {
  scripted_transport wire;
  client_type c(wire, manual_executor(), options{});
  CHECK(c.find(" ").error().code == errc::invalid_query);
  CHECK(c.get_single_record("").error().code == errc::invalid_query);
  CHECK(c.advanced_query("start_time[equals]=2023-01-01T00:00:00Z").error().code == errc::invalid_query);
  CHECK(c.advanced_query("start_time[gt]=2023-01-01T00:00:00Z&start_time[gte]=2023-01-01T00:00:00Z").error().outcome ==
        outcome::rejected);
  CHECK(wire.sent().empty());
}

TEST_CASE("a visitor that returns false ends the read there, without an error") {
  for (std::size_t most = 1; most <= 3; ++most) {
    scripted_transport wire{reply::with(200, text_of("c")), reply::with(200, text_of("a") + text_of("b") + text_of("c"))};
    client_type c(wire, manual_executor(), options{});
    std::size_t seen = 0;
    const auto read = c.for_each(query{}, [&](const record_view&) { return ++seen < most; });
    REQUIRE(read);
    CHECK(read->state == completeness::stopped);
    CHECK(read->records == most);
    CHECK(seen == most);
    CHECK(wire.sent().size() == 2);
  }
}

TEST_CASE("a visitor may call the client") {
  scripted_transport wire{reply::with(200, text_of("a")), reply::with(200, text_of("a")), reply::ok()};
  client_type c(wire, manual_executor(), options{});
  bool added = false;
  REQUIRE(c.for_each(
      query{}, [&](const record_view& r) { added = c.add(record{std::string(r.record_id) + "2", start}).has_value(); }));
  CHECK(added);
  CHECK(wire.sent().back().line() == "POST /record");
}

TEST_CASE("a stream is a loop with an end that must be asked for") {
  scripted_transport wire{reply::with(200, text_of("b")), reply::with(200, text_of("a") + text_of("b"))};
  client_type c(wire, manual_executor(), options{});
  SECTION("to the end") {
    auto records = c.stream(query{});
    record r;
    CHECK(records.next(r));
    CHECK(r.record_id == "a");
    CHECK(records.next(r));
    CHECK_FALSE(records.next(r));
    CHECK_FALSE(records.next(r));
    const auto ended = records.finish();
    REQUIRE(ended);
    CHECK(ended->state == completeness::complete);
    CHECK(ended->records == 2);
  }
  SECTION("left early") {
    auto records = c.stream(query{});
    record r;
    CHECK(records.next(r));
    const auto ended = records.finish();
    REQUIRE(ended);
    CHECK(ended->state == completeness::stopped);
    CHECK(ended->records == 1);
    CHECK_FALSE(records.next(r));
    CHECK(records.finish().value().state == completeness::stopped);
  }
  SECTION("an error is not an end") {
    client_type failing({reply::with(403)}, manual_executor(), options{});
    auto records = failing.stream(query{});
    record r;
    CHECK_FALSE(records.next(r));
    CHECK(records.finish().error().code == errc::not_authorised);
  }
}

TEST_CASE("get_started_since and get_stopped_since are queries of one condition") {
  record later{"later", start + std::chrono::hours{1}};
  later.with_stop_time(start + std::chrono::hours{2});
  std::string text;
  REQUIRE_FALSE(encode_record(later, text));
  scripted_transport wire;
  for (int i = 0; i < 6; ++i) wire.expect(reply::with(200, text));
  client_type c(wire, manual_executor(), options{});
  CHECK(c.get_started_since(start).value().size() == 1);
  CHECK(c.get_stopped_since(start).value().summary.state == completeness::complete);
  CHECK(wire.sent()[2].target == "/records?start_time[gte]=2021-05-03T00:00:00Z&sort_by[asc]=record_id");
  CHECK(wire.sent()[5].target == "/records?stop_time[gte]=2021-05-03T00:00:00Z&sort_by[asc]=record_id");
}

TEST_CASE("health_check tells down from forbidden from somebody else") {
  const auto says = [](const reply& r) {
    return client_type({r}, manual_executor(), options{}).health_check().error().code;
  };
  CHECK(says(reply::ok()) == errc::ok);
  CHECK(says(reply::with(500)) == errc::server_failure);
  CHECK(says(reply::with(403, "Insufficient permissions")) == errc::not_authorised);
  CHECK(says(reply::with(404)) == errc::wrong_endpoint);
  CHECK(says(reply::with(301)) == errc::wrong_endpoint);
  CHECK(says(reply::with(200, "<html>")) == errc::not_auditor);
  CHECK(says(reply::fails(errc::connect_failed)) == errc::connect_failed);
  CHECK(says(reply::fails(errc::connection_lost)) == errc::connection_lost);
}

TEST_CASE("a bulk takes any random-access range of what a view can be made of") {
  const auto stores = [](const auto& batch) {
    return client_type({reply::ok()}, manual_executor(), options{}).bulk_insert(batch).delivered();
  };
  const record a{"a", start}, b{"b", start};
  CHECK(stores(std::vector<record>{a, b}) == 2);
  CHECK(stores(std::array<record, 2>{a, b}) == 2);
  CHECK(stores(std::deque<record>{a, b}) == 2);
  CHECK(stores(std::vector<record_view>{a, b}) == 2);
}

}  // namespace
