// Reads that prove themselves complete: truncated anywhere, resumed, archived under way, empty, limited, sorted,
// unreadable. SPDX-License-Identifier: MIT OR Apache-2.0
#include "catch.hpp"

#include <auditor/auditor.hpp>
#include <auditor/testing/manual_executor.hpp>
#include <auditor/testing/scripted_transport.hpp>

#include <chrono>
#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using namespace auditor;
using testing::manual_executor;
using testing::reply;
using testing::scripted_transport;
using client_type = client<scripted_transport, manual_executor>;

std::string text_of(char id, bool readable = true) {
  const int day = 1 + (id * 5) % 7;  // the order of times is not that of ids
  return std::string("{\"record_id\":\"") + id + "\",\"meta\":null,\"components\":" + (readable ? "[]" : "null") +
         ",\"start_time\":\"2023-01-0" + std::to_string(day) +
         "T00:00:00Z\",\"stop_time\":" + (id == 'e' ? "null" : "\"2023-02-0" + std::to_string(day) + "T00:00:00Z\"") +
         ",\"runtime\":null}";
}
// A capital: the record of this letter without its components.
std::string texts_of(std::string_view ids) {
  std::string all;
  for (const char id : ids) all += id < 'a' ? text_of(static_cast<char>(id - 'A' + 'a'), false) : text_of(id);
  return all;
}
reply gives(std::string_view ids) { return reply::with(200, texts_of(ids)); }
reply breaks(std::string_view ids, std::size_t behind) { return gives("abcdefg").cut_after(texts_of(ids).size() + behind); }
// In the server's own order, by stop time.
reply breaks_by_time(std::string_view ids, std::size_t behind) {
  return gives("badgcfe").cut_after(texts_of(ids).size() + behind);
}
const reply nothing = reply::ok(), healthy = reply::ok(), gone = reply::fails(errc::connection_lost);

constexpr std::string_view last = "GET /records?sort_by[desc]=record_id&limit=1",
                           stream = "GET /records?sort_by[asc]=record_id", health = "GET /health_check";

struct row {
  const char* what;
  std::vector<reply> answers;
  std::vector<std::string_view> requests;
  std::string_view shown;
  errc code;
  completeness state;
  std::uint8_t attempts = 8;
};

const auto complete = completeness::complete, none_found = completeness::none_found;

const std::vector<row> rows() {
  return {
      {"whole", {gives("c"), gives("abc")}, {last, stream}, "abc", errc::ok, complete},
      {"whole, and newer ones behind", {gives("b"), gives("abc")}, {last, stream}, "abc", errc::ok, complete},
      {"cut cleanly",
       {gives("c"), gives("ab"), gives("c"), gives("abc")},
       {last, stream, last, stream},
       "abc",
       errc::ok,
       complete},
      {"cut before the first",
       {gives("c"), nothing, gives("c"), gives("abc")},
       {last, stream, last, stream},
       "abc",
       errc::ok,
       complete},
      {"cut twice",
       {gives("d"), gives("a"), gives("d"), gives("abc"), gives("d"), gives("abcd")},
       {last, stream, last, stream, last, stream},
       "abcd",
       errc::ok,
       complete},
      {"lost twice",
       {gives("g"), breaks("a", 0), breaks("abc", 5), gives("abcdefg")},
       {last, stream, stream, stream},
       "abcdefg",
       errc::ok,
       complete},
      {"the last one was archived meanwhile",
       {gives("c"), gives("ab"), gives("b")},
       {last, stream, last},
       "ab",
       errc::ok,
       complete},
      {"the last ones were archived, and it was cut",
       {gives("d"), gives("a"), gives("c"), gives("abc")},
       {last, stream, last, stream},
       "abc",
       errc::ok,
       complete},
      {"the record where it stopped was archived",
       {gives("c"), gives("ab"), gives("c"), gives("ac")},
       {last, stream, last, stream},
       "ab",
       errc::truncated,
       {}},
      {"all were archived",
       {gives("c"), gives("a"), nothing, healthy, nothing, healthy, nothing, healthy},
       {last, stream, last, health, last, health, last, health},
       "a",
       errc::server_busy,  // so says an empty table, and one that nobody may read any more
       {}},
      {"lost behind the last id, and resumed",
       {gives("b"), gives("abc").cut_after(texts_of("abc").size()), gives("abc")},
       {last, stream, stream},
       "abc",
       errc::ok,
       complete},
      {"lost behind the last id, and what came then was archived",
       {gives("b"), gives("abc").cut_after(texts_of("abc").size()), gives("ab")},
       {last, stream, stream},
       "abc",
       errc::ok,
       complete},
      {"lost behind the last id for good",
       {gives("b"), gives("abc").cut_after(texts_of("ab").size()), gone},
       {last, stream, stream},
       "ab",
       errc::ok,
       complete,
       2},
      {"a single attempt, cut", {gives("c"), gives("ab"), gives("c")}, {last, stream, last}, "ab", errc::truncated, {}, 1},
      {"a single attempt, lost", {gives("g"), breaks("ab", 3)}, {last, stream}, "ab", errc::truncated, {}, 1},
      {"two attempts, each with progress",
       {gives("g"), breaks("ab", 0), breaks("abcd", 0), breaks("abcdef", 0), gives("abcdefg")},
       {last, stream, stream, stream, stream},
       "abcdefg",
       errc::ok,
       complete,
       2},
      {"two attempts, none with progress",
       {gives("g"), breaks("ab", 0), breaks("ab", 0)},
       {last, stream, stream},
       "ab",
       errc::truncated,
       {},
       2},

      {"empty, three times, beside a healthy database",
       {nothing, healthy, nothing, healthy, nothing, healthy},
       {last, health, last, health, last, health},
       "",
       errc::ok,
       none_found},
      {"the database was dead for the first",
       {nothing, healthy, gives("c"), gives("abc")},
       {last, health, last, stream},
       "abc",
       errc::ok,
       complete},
      {"the database is dead, then not",
       {nothing, reply::with(500), healthy, gives("a"), gives("a")},
       {last, health, health, last, stream},
       "a",
       errc::ok,
       complete},
      {"the database stays dead",
       {nothing, reply::with(500), reply::with(500)},
       {last, health, health},
       "",
       errc::server_failure,
       {},
       2},
      {"two attempts are not enough to believe that the table is empty",
       {nothing, healthy, nothing, healthy},
       {last, health, last, health},
       "",
       errc::server_busy,
       {},
       2},
      {"health_check is not allowed: empty cannot be told",
       {nothing, reply::with(403), nothing, reply::with(403)},
       {last, health, last, health},
       "",
       errc::server_busy,
       {},
       2},
      {"health_check is not allowed: it was a moment",
       {nothing, reply::with(403), gives("b"), gives("ab")},
       {last, health, last, stream},
       "ab",
       errc::ok,
       complete,
       2},

      {"a page for the last id",
       {reply::with(200, "<html>"), reply::with(200, "<html>")},
       {last, last},
       "",
       errc::not_auditor,
       {},
       2},
      {"a page for the stream",
       {gives("a"), reply::with(200, "<html>"), reply::with(200, "<html>")},
       {last, stream, stream},
       "",
       errc::not_auditor,
       {},
       2},
      {"foreign answers that go away",
       {reply::with(204), reply::with(302, "<html>"), gives("b"), reply::with(200, "{\"status\":\"ok\"}"), reply::with(407),
        reply::with(200, "<html>"), gives("ab")},
       {last, last, last, stream, stream, stream, stream},
       "ab",
       errc::ok,
       complete},
      {"a redirect that stays", {reply::with(302), reply::with(302)}, {last, last}, "", errc::wrong_endpoint, {}, 2},
      {"another endpoint", {reply::with(404)}, {last}, "", errc::wrong_endpoint, {}},
      {"a page behind the first record",
       {gives("b"), reply::with(200, texts_of("a") + "<html>")},
       {last, stream},
       "a",
       errc::json_syntax,
       {}},
      {"not allowed", {reply::with(403)}, {last}, "", errc::not_authorised, {}},
      {"the last id is cut inside",
       {reply::with(200, "{\"record_id\":\"c"), gives("c"), gives("abc")},
       {last, last, stream},
       "abc",
       errc::ok,
       complete},
      {"an unreadable record", {gives("c"), gives("aBc")}, {last, stream}, "a", errc::unreadable_record, {}},

      {"two last records", {gives("cb")}, {last}, "", errc::not_auditor, {}},
      {"a record twice in a row", {gives("c"), gives("abbc")}, {last, stream}, "ab", errc::not_auditor, {}},
      {"the first record again", {gives("d"), gives("abca")}, {last, stream}, "abc", errc::not_auditor, {}},
      {"the last record again", {gives("c"), gives("abcdc")}, {last, stream}, "abcd", errc::not_auditor, {}},
      {"records that go round", {gives("z"), gives("abcdebcdebcde")}, {last, stream}, "abcdebc", errc::not_auditor, {}},
  };
}

TEST_CASE("a read is complete, or none found, or says why not, what it shows, it shows once") {
  for (const row& each : rows())
    for (const std::size_t chunk : {std::size_t{1} << 20, std::size_t{1}, std::size_t{17}})
      for (const bool streamed : {false, true}) {
        INFO(each.what << ", in pieces of " << chunk << (streamed ? ", as a loop" : ""));
        scripted_transport wire;
        for (reply r : each.answers) wire.expect(std::move(r).in_chunks_of(chunk));
        options settings;
        settings.retry.read_attempts = each.attempts;
        client_type c(wire, manual_executor(), settings);
        std::string shown;
        result<read_summary> read = errc::cancelled;
        if (streamed) {
          auto records = c.stream(query{});
          for (record r; records.next(r);) shown += r.record_id;
          read = records.finish();
        } else {
          read = c.for_each(query{}, [&](const record_view& r) { shown += r.record_id; });
        }
        CHECK(to_string(read.error().code) == to_string(each.code));
        CHECK(shown == each.shown);
        if (read) CHECK(to_string(read->state) == to_string(each.state));
        if (read) CHECK(read->records == each.shown.size());
        if (!read && each.code == errc::truncated) CHECK(read.error().index == each.shown.size());
        std::vector<std::string> requests;
        for (const testing::sent_request& sent : wire.sent()) requests.push_back(sent.line());
        CHECK(requests == std::vector<std::string>(each.requests.begin(), each.requests.end()));
        CHECK(wire.left() == 0);
      }
}

TEST_CASE("a clean cut behind every record is noticed, and the read goes on there") {
  const std::string all = "abcdefg";
  for (std::size_t n = 0; n < all.size(); ++n) {
    scripted_transport wire{gives("g"), gives(all.substr(0, n)), gives("g"), gives(all)};
    client_type c(wire, manual_executor(), options{});
    std::string shown;
    const auto read = c.for_each(query{}, [&](const record_view& r) { shown += r.record_id; });
    REQUIRE(read);
    CHECK(shown == all);
    CHECK(wire.left() == 0);
  }
}

TEST_CASE("a read without end of trouble ends after a bounded number of requests") {
  struct trouble {
    std::vector<reply> cycle;
    std::size_t most;
  };
  const trouble troubles[] = {
      {{gives("c"), gives("ab")}, 2 * 8 + 2},  // always cut at the same place
      {{gives("c"), nothing}, 2 * 8 + 2},      // never anything but the last id
      {{gives("c"), nothing, nothing, healthy}, 60},
      {{nothing, reply::with(403)}, 2 * 8},
      {{reply::with(200, "<html>")}, 5},  // somebody else
  };
  for (const trouble& each : troubles) {
    scripted_transport wire;
    for (std::size_t i = 0; i < 400; ++i) wire.expect(each.cycle[i % each.cycle.size()]);
    client_type c(wire, manual_executor(), options{});
    CHECK_FALSE(c.for_each(query{}, [](const record_view&) {}));
    CHECK(wire.sent().size() <= each.most);
  }
}

TEST_CASE("filters go with each request, but not with the control") {
  const query even = query{}.with_meta("site", contains("x"));
  const std::string filter = "meta[site][c][0]=x";
  const reply z = gives("z");
  scripted_transport wire{nothing, z, nothing, z, nothing, z, nothing, z, nothing};
  client_type c(wire, manual_executor(), options{});
  const auto got = c.advanced_query(even);
  REQUIRE(got);
  CHECK(got->summary.state == none_found);
  CHECK(wire.sent()[0].target == "/records?" + filter + "&sort_by[desc]=record_id&limit=1");
  CHECK(wire.sent()[1].target == "/records?sort_by[desc]=record_id&limit=1");
  CHECK(wire.sent()[2].target == "/records?" + filter + "&limit=1");
  scripted_transport again{gives("b"), gives("ab")};
  client_type d(again, manual_executor(), options{});
  REQUIRE(d.advanced_query(even));
  CHECK(again.sent()[1].target == "/records?" + filter + "&sort_by[asc]=record_id");
}

TEST_CASE("no request of a read may be answered by a cache, whose list would look as complete") {
  scripted_transport wire{gives("b"), gives("ab")};
  client_type c(wire, manual_executor(), options{});
  REQUIRE(c.get());
  CHECK(wire.sent().size() == 2);
  for (const auditor::testing::sent_request& each : wire.sent())
    CHECK(each.headers == std::vector<std::pair<std::string, std::string>>{{"Cache-Control", "no-cache"}});
}

// ---- limits -----------------------------------------------------------------------------------------------------

TEST_CASE("a limit that is reached proves itself, one that is not is counted") {
  struct limited {
    const char* what;
    std::uint64_t limit;
    std::vector<reply> answers;
    std::string shown;
    errc code;
    completeness state;
  };
  const limited table[] = {
      {"nothing asked for", 0, {}, "", errc::ok, complete},
      {"reached", 2, {gives("ab"), gives("ba")}, "ba", errc::ok, complete},
      {"not reached, and all there is", 5, {gives("ab"), gives("b"), gives("ab"), gives("ba")}, "ba", errc::ok, complete},
      {"not reached, counted in two goes",
       5,
       {gives("a"), gives("b"), gives("a"), gives("b"), gives("ab"), gives("ba")},
       "ba",
       errc::ok,
       complete},
      {"not reached, and more were stored meanwhile",
       5,
       {gives("ab"), gives("b"), gives("ab"), gives("bac")},
       "bac",
       errc::ok,
       complete},
      {"none", 5, {nothing, nothing, healthy, nothing, healthy, nothing, healthy}, "", errc::ok, none_found},
      {"cut, and streamed",
       5,
       {gives("abcd"), gives("d"), gives("abcd"), gives("ba"), gives("abcd"), gives("d"), gives("abcd"), gives("badc")},
       "badc",
       errc::ok,
       complete},
      {"cut before the first",
       5,
       {gives("ab"), gives("b"), gives("ab"), nothing, gives("ab"), gives("b"), gives("ab"), gives("ba")},
       "ba",
       errc::ok,
       complete},
      {"more than were asked for", 2, {gives("ab"), gives("bac")}, "ba", errc::not_auditor, {}},
      {"lost before the first", 2, {gives("ab"), gone, gives("ba")}, "ba", errc::ok, complete},
      {"lost behind the first", 5, {gives("abcde"), breaks_by_time("b", 4)}, "b", errc::truncated, {}},
      {"lost behind the first, and asked again",
       5,
       {gives("abcde"), breaks_by_time("ba", 4), gives("badce")},
       "badce",
       errc::ok,
       complete},
      {"lost behind the second, and another one came before",
       5,
       {gives("abcde"), breaks_by_time("ba", 4), gives("bdgce")},
       "ba",
       errc::truncated,
       {}},
  };
  for (const limited& each : table) {
    INFO(each.what);
    scripted_transport wire;
    for (const reply& r : each.answers) wire.expect(r);
    client_type c(wire, manual_executor(), options{});
    std::string shown;
    const auto read = c.for_each(query{}.limit(each.limit), [&](const record_view& r) { shown += r.record_id; });
    CHECK(to_string(read.error().code) == to_string(each.code));
    CHECK(shown == each.shown);
    if (read) CHECK(to_string(read->state) == to_string(each.state));
    const std::string most = "limit=" + std::to_string(each.limit);
    if (!wire.sent().empty()) CHECK(wire.sent()[0].target == "/records?sort_by[asc]=record_id&" + most);
    if (read && !each.shown.empty()) CHECK(wire.sent().back().target == "/records?" + most);
    CHECK(wire.left() == 0);
  }
}

TEST_CASE("a collected read with a limit is asked for anew when the count says that it was cut") {
  scripted_transport wire{gives("abcd"), gives("d"), gives("abcd"), gives("ba"),
                          gives("abcd"), gives("d"), gives("abcd"), gives("badc")};
  client_type c(wire, manual_executor(), options{});
  const auto got = c.advanced_query(query{}.limit(9));
  REQUIRE(got);
  CHECK(got->size() == 4);
  CHECK(got->records[1].record_id == "a");  // the server's order stays
  CHECK(got->summary.state == complete);
}

// ---- order ------------------------------------------------------------------------------------------------------

TEST_CASE("a collected read is proven in the order of ids and given back in the order asked for") {
  struct ordered {
    std::optional<order> by;
    std::string ids;
  };
  // days: a 3, b 1, c 6, d 4, e 2, f 7, g 5; e is open
  const ordered table[] = {
      {std::nullopt, "badgcfe"},
      {ascending(field::stop_time), "badgcfe"},
      {descending(field::stop_time), "efcgdab"},
      {ascending(field::start_time), "beadgcf"},
      {descending(field::start_time), "fcgdaeb"},
      {ascending(field::record_id), "abcdefg"},
      {descending(field::record_id), "gfedcba"},
  };
  for (const ordered& each : table) {
    scripted_transport wire{gives("g"), gives("abcdefg")};
    client_type c(wire, manual_executor(), options{});
    query asked;
    if (each.by) asked.sort_by(*each.by);
    const auto got = c.advanced_query(asked);
    REQUIRE(got);
    std::string ids;
    for (const record& r : *got) ids += r.record_id;
    CHECK(ids == each.ids);
    CHECK(wire.sent()[1].line() == stream);
  }
}

TEST_CASE("a streamed read in an order of its own is refused, unless it is limited or unproven") {
  const query sorted = query{}.sort_by(descending(field::start_time));
  scripted_transport wire{gives("ab"), gives("ab"), gives("ab")};
  client_type c(wire, manual_executor(), options{});
  const auto visit = [](const record_view&) {};
  CHECK(c.for_each(sorted, visit).error().code == errc::invalid_query);
  CHECK(c.for_each(sorted, visit).error().outcome == outcome::rejected);
  CHECK(wire.sent().empty());
  CHECK(c.for_each(query(sorted).limit(2), visit)->state == complete);
  CHECK(wire.sent()[1].target == "/records?sort_by[desc]=start_time&limit=2");
  read_options unproven;
  unproven.reads = proof::none;
  CHECK(c.for_each(sorted, visit, unproven)->state == completeness::unproven);
  CHECK(wire.sent()[2].target == "/records?sort_by[desc]=start_time");
}

TEST_CASE("an unproven read is one request, and goes on behind a cut where the same answer begins as it did") {
  read_options unproven;
  unproven.reads = proof::none;
  struct attempt {
    std::vector<reply> answers;
    std::string shown;
    errc code;
  };
  const attempt table[] = {
      {{gives("ba")}, "ba", errc::ok},
      {{nothing}, "", errc::ok},
      {{gone, reply::with(503), gives("ba")}, "ba", errc::ok},
      {{reply::with(200, texts_of("a").substr(0, 9)), gives("ba")}, "ba", errc::ok},
      {{breaks_by_time("b", 3)}, "b", errc::truncated},
      {{breaks_by_time("ba", 3), gone, gives("bac")}, "bac", errc::ok},
      {{breaks_by_time("ba", 3), breaks_by_time("bad", 0), gives("badg")}, "badg", errc::ok},
      {{breaks_by_time("ba", 3), gives("bda")}, "ba", errc::truncated},
      {{breaks_by_time("ba", 3), gives("b"), gives("bac")}, "bac", errc::ok},
      {{reply::with(200, texts_of("ba").substr(0, texts_of("b").size() + 9))}, "b", errc::truncated},
  };
  for (const attempt& each : table) {
    scripted_transport wire;
    for (const reply& r : each.answers) wire.expect(r);
    client_type c(wire, manual_executor(), options{});
    std::string shown;
    const auto read = c.for_each(query{}, [&](const record_view& r) { shown += r.record_id; }, unproven);
    CHECK(to_string(read.error().code) == to_string(each.code));
    CHECK(shown == each.shown);
    CHECK(wire.left() == 0);
  }
  scripted_transport wire{breaks_by_time("ba", 3), gives("bac")};
  client_type c(wire, manual_executor(), options{});
  const auto got = c.get(unproven);  // nobody has seen anything yet: from the start
  REQUIRE(got);
  CHECK(got->size() == 3);
}

// ---- the answer to another question ---------------------------------------------------------------------------------

TEST_CASE("a record that was not asked for is nobody's answer, whatever the read") {
  using std::chrono::sys_days, std::chrono::year;
  const auto start = [](int day) { return timestamp{sys_days(year{2023} / 1 / day)}; };
  const auto stop = [](int day) { return timestamp{sys_days(year{2023} / 2 / day)}; };
  const timestamp tick = start(3) + std::chrono::microseconds{1};
  struct asked {
    const char* what;
    query by;
    std::string_view fits;  // of all seven
  };
  // days: a 3, b 1, c 6, d 4, e 2, f 7, g 5; e is open
  const asked table[] = {
      {"from", query{}.with_start_time(gte(start(3))), "acdfg"},
      {"behind", query{}.with_start_time(gt(start(3))), "cdfg"},
      {"behind, by a microsecond", query{}.with_start_time(gte(tick)), "cdfg"},
      {"before", query{}.with_start_time(lt(start(3))), "be"},
      {"up to", query{}.with_start_time(lte(start(3))), "abe"},
      {"between", query{}.with_start_time(gt(start(3)), lt(start(6))), "dg"},
      {"stops from", query{}.with_stop_time(gte(stop(1))), "abcdfg"},
      {"stops behind", query{}.with_stop_time(gt(stop(4))), "cfg"},
      {"stops before", query{}.with_stop_time(lt(stop(4))), "ab"},
      {"stops up to", query{}.with_stop_time(lte(stop(4))), "abd"},
      {"starts and stops", query{}.with_start_time(gte(start(3))).with_stop_time(lt(stop(6))), "adg"},
      {"has a runtime", query{}.with_runtime(gte(0)), ""},
      {"of a meta that is not there", query{}.with_meta("site", contains("x")), "abcdefg"},
  };
  read_options unproven;
  unproven.reads = proof::none;
  for (const asked& each : table)
    for (char id = 'a'; id <= 'g'; ++id) {
      INFO(each.what << ", and " << id << " comes");
      const bool fits = each.fits.find(id) != std::string_view::npos;
      const errc expected = fits ? errc::ok : errc::not_auditor;
      const reply it = gives(std::string_view(&id, 1));
      const auto wire = [&] {
        scripted_transport plays;
        for (int i = 0; i < 8; ++i) plays.expect(it);
        return plays;
      };
      std::string shown;
      const auto visit = [&](const record_view& r) { shown += r.record_id; };
      const auto check = [&](const error& e) {
        CHECK(to_string(e.code) == to_string(expected));
        if (!fits) CHECK(e.record_id() == std::string_view(&id, 1));
        if (!fits) CHECK(e.outcome == outcome::not_applied);
        CHECK(shown.empty() == !fits);
        shown.clear();
      };
      client_type streamed(wire(), manual_executor(), options{});
      check(streamed.for_each(each.by, visit, unproven).error());
      CHECK(streamed.transport().sent().size() == (fits ? 1 : 5));
      client_type in_part(wire(), manual_executor(), options{});
      check(in_part.for_each(each.by, only({.components = {"CPU"}}, visit), unproven).error());
      client_type limited(wire(), manual_executor(), options{});
      check(limited.for_each(query(each.by).limit(1), visit).error());
      client_type looped(wire(), manual_executor(), options{});
      auto records = looped.stream(each.by, unproven);
      for (record r; records.next(r);) shown += r.record_id;
      check(records.finish().error());
      client_type collecting(wire(), manual_executor(), options{});
      const auto got = collecting.advanced_query(each.by, unproven);
      if (got)
        for (const record& r : *got) shown += r.record_id;
      check(got.error());
    }
}

TEST_CASE("a list of which one record was not asked for ends there, and is asked for anew if none was shown") {
  const query from_4 = query{}.with_start_time(gte(std::chrono::sys_days(std::chrono::year{2023} / 1 / 4)));  // c d f g
  struct row_of {
    const char* what;
    std::vector<reply> answers;
    std::string_view shown;
    errc code;
  };
  const row_of table[] = {
      {"all is well", {gives("g"), gives("g"), gives("cdfg")}, "cdfg", errc::ok},
      {"the last id of another question, once", {gives("g"), gives("b"), gives("g"), gives("cdfg")}, "cdfg", errc::ok},
      {"the list of another question, once", {gives("g"), gives("g"), gives("abcdefg"), gives("cdfg")}, "cdfg", errc::ok},
      {"the list of another question, which begins alike",
       {gives("g"), gives("g"), gives("cdefg")},
       "cd",
       errc::not_auditor},
      {"the list goes on with that of another",
       {gives("g"), gives("g"), reply(gives("cdf")).cut_after(texts_of("cd").size() + 4), gives("abcdefg"), gives("cdfg")},
       "cdfg",
       errc::ok},
      {"always the list of another question",
       {gives("g"), gives("g"), gives("abc"), gives("abc"), gives("abc"), gives("abc"), gives("abc")},
       "",
       errc::not_auditor},
      {"what the server cannot read was not asked for, either",
       {gives("g"), gives("g"), gives("cdEfg")},
       "cd",
       errc::not_auditor},
  };
  for (const row_of& each : table) {
    INFO(each.what);
    scripted_transport wire;
    for (const reply& r : each.answers) wire.expect(r);
    client_type c(wire, manual_executor(), options{});
    std::string shown;
    const auto read = c.for_each(from_4, [&](const record_view& r) { shown += r.record_id; });
    CHECK(to_string(read.error().code) == to_string(each.code));
    CHECK(shown == each.shown);
    CHECK(wire.left() == 0);
  }
}

TEST_CASE("a list in another order than asked for is nobody's answer") {
  // days: a 3, b 1, c 6, d 4, e 2, f 7, g 5; e is open
  struct ordered {
    std::optional<order> by;
    std::string_view comes, shown;
  };
  const ordered table[] = {
      {std::nullopt, "badgcfe", "badgcfe"},
      {std::nullopt, "bae", "bae"},
      {std::nullopt, "ea", "e"},
      {std::nullopt, "abc", "a"},
      {ascending(field::stop_time), "bade", "bade"},
      {ascending(field::stop_time), "baed", "bae"},
      {descending(field::stop_time), "efcgdab", "efcgdab"},
      {descending(field::stop_time), "fe", "f"},
      {descending(field::stop_time), "efgc", "efg"},
      {ascending(field::start_time), "beadgcf", "beadgcf"},
      {ascending(field::start_time), "badgcfe", "badgcf"},
      {descending(field::start_time), "fcgdaeb", "fcgdaeb"},
      {descending(field::start_time), "cf", "c"},
      {ascending(field::runtime), "gfabc", "gfabc"},    // none has one
      {ascending(field::record_id), "gfabc", "gfabc"},  // in which order ids are, only the database knows
  };
  read_options unproven;
  unproven.reads = proof::none;
  for (const ordered& each : table)
    for (const bool limited : {false, true}) {
      INFO(each.comes << (limited ? ", limited" : ""));
      query asked;
      if (each.by) asked.sort_by(*each.by);
      if (limited) asked.limit(each.comes.size());
      scripted_transport wire{gives(each.comes)};
      if (limited) wire.expect(gives(each.comes));
      client_type c(wire, manual_executor(), options{});
      std::string shown;
      const auto read =
          c.for_each(asked, [&](const record_view& r) { shown += r.record_id; }, limited ? read_options{} : unproven);
      CHECK(shown == each.shown);
      CHECK(to_string(read.error().code) == to_string(shown == each.comes ? errc::ok : errc::not_auditor));
      if (!read) CHECK(read.error().words() == "not in the order asked for");
      if (!read) CHECK(read.error().record_id() == each.comes.substr(each.shown.size(), 1));
      CHECK(wire.left() == 0);
    }
}

TEST_CASE("conditions on names are compared where each server that is asked means the same") {
  const reply one =
      reply::with(200, R"({"record_id":"a","meta":{"site":["x","y"]},"components":[{"name":"CPU","amount":8,"scores":[]}],)"
                       R"("start_time":"2023-01-01T00:00:00Z","stop_time":null,"runtime":null})");
  struct asked {
    query by;
    bool fits;
  };
  const asked table[] = {
      {query{}.with_meta("site", contains("x", "y")), true},
      {query{}.with_meta("site", contains("z")), false},
      {query{}.with_meta("group", contains("x")), false},
      {query{}.with_meta("site", does_not_contain("z")), true},
      {query{}.with_meta("site", does_not_contain("x")), false},
      {query{}.with_component("CPU", gte(8)), true},
      {query{}.with_component("CPU", gt(8)), false},
      {query{}.with_component("GPU", gte(0)), false},
  };
  for (const asked& each : table)
    for (const bool is_old : {false, true})
      for (const bool in_part : {false, true}) {
        options settings;
        if (is_old) settings.dialect = meta_dialect::scalar;
        scripted_transport wire;
        for (int i = 0; i < 5; ++i) wire.expect(one);
        client_type c(wire, manual_executor(), settings);
        read_options unproven;
        unproven.reads = proof::none;
        const auto visit = [](const record_view&) {};
        const auto read = in_part ? c.for_each(each.by, only({}, visit), unproven) : c.for_each(each.by, visit, unproven);
        INFO(each.by.encode().value() << (is_old ? ", of an old server" : "") << (in_part ? ", in part" : ""));
        if (is_old && read.error().code == errc::invalid_query) continue;  // two values of one operator
        const bool passes = each.fits || is_old || in_part || AUDITOR_COMPACT != 0;
        CHECK(to_string(read.error().code) == to_string(passes ? errc::ok : errc::not_auditor));
        if (!read)
          CHECK(message(read.error()).find("look for a cache or a proxy that answers with another list") !=
                std::string::npos);
      }
}

TEST_CASE("an unproven read for one id shows no other") {
  read_options unproven;
  unproven.reads = proof::none;
  scripted_transport wire{gives("a"), gives("b"), gives("a")};
  client_type c(wire, manual_executor(), options{});
  std::string shown;
  const auto visit = [&](const record_view& r) { shown += r.record_id; };
  CHECK(c.for_each(query{}.with_record_id("a"), visit, unproven));
  CHECK(c.for_each(query{}.with_record_id("a"), visit, unproven));
  CHECK(shown == "aa");
  CHECK(wire.left() == 0);
}

// ---- records that the server cannot read ------------------------------------------------------------------------

TEST_CASE("unreadable records are reported by id, each once, and the read goes on") {
  std::string unreadable;
  read_options call;
  call.unreadable = [&unreadable](std::string_view id) { unreadable += id; };
  scripted_transport wire{gives("D"), gives("AbC"), gives("D"), gives("AbCD")};
  client_type c(wire, manual_executor(), options{});
  std::string shown;
  const auto read = c.for_each(query{}, [&](const record_view& r) { shown += r.record_id; }, call);
  REQUIRE(read);
  CHECK(read->state == complete);
  CHECK(read->records == 1);
  CHECK(read->unreadable == 3);
  CHECK(shown == "b");
  CHECK(unreadable == "acd");
}

TEST_CASE("records larger than the limit are reported by id where unreadable ones are, and otherwise end the read") {
  // A digit: a record of this letter that is too large.
  const auto answer = [](std::string_view ids) {
    std::string all;
    for (const char id : ids) {
      std::string text = texts_of({&id, 1});
      if (id < 'A') text = text_of(static_cast<char>(id - '1' + 'a'));
      if (id < 'A') text.replace(text.find("null"), 4, "{\"x\":[\"" + std::string(1000, '}') + "\"]}");
      all += text;
    }
    return reply::with(200, all);
  };
  struct sent {
    std::vector<reply> answers;
    std::string_view shown, reported;
  };
  options settings;
  settings.max_record = 400;
  for (const sent& each : {sent{{answer("c"), answer("a2c")}, "ac", "b"}, sent{{answer("3"), answer("1b3")}, "b", "ac"},
                           sent{{answer("3"), answer("1b"), answer("3"), answer("1b3")}, "b", "ac"}}) {
    std::string reported, shown;
    read_options call;
    call.unreadable = [&reported](std::string_view id) { reported += id; };
    scripted_transport wire, again;
    for (const reply& r : each.answers) wire.expect(r), again.expect(r);
    client_type c(wire, manual_executor(), settings);
    const auto read = c.for_each(query{}, [&](const record_view& r) { shown += r.record_id; }, call);
    INFO(message(read.error()));
    REQUIRE(read);
    CHECK(read->state == complete);
    CHECK(read->unreadable == each.reported.size());
    CHECK(shown == each.shown);
    CHECK(reported == each.reported);

    client_type strict(again, manual_executor(), settings);
    const auto refused = strict.for_each(query{}, [](const record_view&) {});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == errc::record_too_large);
    CHECK(each.reported.find(refused.error().record_id()) != std::string_view::npos);
    CHECK_FALSE(refused.error().record_id().empty());
  }

  // One that comes twice is no Auditor's, large or not.
  read_options call;
  call.unreadable = [](std::string_view) {};
  client_type c({answer("3"), answer("11")}, manual_executor(), settings);
  CHECK(c.for_each(query{}, [](const record_view&) {}, call).error().code == errc::not_auditor);
}

TEST_CASE("in a workspace the proof by the last id has room for ids of a sixteenth of it") {
  std::string memory(1600, 0);
  for (const std::size_t size : {std::size_t{90}, std::size_t{110}}) {
    detail::memory workspace(memory);
    detail::last_id_proof proof(workspace);
    static_cast<void>(workspace.take(workspace.left()));
    proof.last_id_came(std::string(size, 'z'));
    CHECK(proof.has_room() == (size == 90));
    proof.restart();
    proof.begin_stream();
    CHECK(proof.came(std::string(size, 'a'), detail::id_hash()) == detail::last_id_proof::place::new_one);
    CHECK(proof.has_room() == (size == 90));
  }
}

}  // namespace

TEST_CASE("the observer hears that a truncated read goes on") {
  std::vector<attempt_event> seen;
  options settings;
  settings.observer = [&seen](const attempt_event& e) { seen.push_back(e); };
  client_type c({gives("c"), gives("ab"), gives("c"), gives("abc")}, manual_executor(), settings);
  REQUIRE(c.for_each(query{}, [](const record_view&) {}));
  REQUIRE(seen.size() == 4);
  // The server ended the second one cleanly: only the third shows that it was short.
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(seen[i].code == (i == 2 ? errc::truncated : errc::ok));
    CHECK(seen[i].repeats == (i == 2));
    CHECK(seen[i].wait == (i == 2 ? c.executor().waits()[0] : ticks::zero()));
  }
}
