// Queries: every field, operator, order and limit over records that tell them apart.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include "server_under_test.hpp"

#include <initializer_list>

using namespace live;
using auditor::ascending;
using auditor::completeness;
using auditor::contains;
using auditor::descending;
using auditor::does_not_contain;
using auditor::equals;
using auditor::errc;
using auditor::field;
using auditor::gt;
using auditor::gte;
using auditor::lt;
using auditor::lte;
using auditor::query;

namespace {

// Eight records a .. h: started one hour after another, running 0, 10, .. 60 seconds; h is open. By stop time the order
// is a .. h, by id it is h .. a.
struct eight {
  records mine;

  explicit eight(auditor::curl_client& client) {
    std::vector<auditor::record> all;
    for (std::size_t i = 0; i < 8; ++i) {
      auto r = auditor::record{id(letter(i)), start(i)}.with_meta("test", mine.name());
      r.with_component(auditor::component{i % 2 == 0 ? "even" : "odd", static_cast<std::int64_t>(i)});
      r.with_component(auditor::component{"second", static_cast<std::int64_t>(1) << 40});
      if (i < 7) r.with_stop_time(start(i) + std::chrono::seconds(10 * i));
      if (i < 4) r.with_meta("half", "first");
      if (i >= 2 && i < 6) r.with_meta("list", "x", letter(i), "\xC3\xA9 & = % + # ?");
      all.push_back(std::move(r));
    }
    REQUIRE(client.bulk_insert(all));
  }

  static std::string letter(std::size_t i) { return std::string(1, static_cast<char>('a' + i)); }
  std::string id(const std::string& of) const { return mine.id(std::to_string(9 - (of[0] - 'a')) + of); }
  static auditor::timestamp start(std::size_t i) { return noon + std::chrono::hours(i) + 500us; }

  query all() const { return mine.all(); }
  // "abc": the letters of the ids, as they came.
  template <class Range>
  static std::string letters(const Range& range) {
    std::string found;
    for (const auto& r : range) found += r.record_id.back();
    return found;
  }
};

// Other tests leave records that the server cannot read.
const auditor::unreadable_callback lenient{[](std::string_view) {}};

std::string sorted(std::string letters) {
  std::sort(letters.begin(), letters.end());
  return letters;
}

}  // namespace

TEST_CASE("each condition finds the records that it describes") {
  auto client = connect();
  const eight data(client);
  const auto start = [](std::size_t i) { return eight::start(i); };
  const auto stop = [](std::size_t i) { return eight::start(i) + std::chrono::seconds(10 * i); };

  struct row {
    std::string_view what;
    query asked;
    std::string_view found;
  };
  const row rows[] = {
      {"nothing more", data.all(), "abcdefgh"},
      {"record_id", data.all().with_record_id(data.id("c")), "c"},
      {"start gt", data.all().with_start_time(gt(start(3))), "efgh"},
      {"start gte", data.all().with_start_time(gte(start(3))), "defgh"},
      {"start lt", data.all().with_start_time(lt(start(3))), "abc"},
      {"start lte", data.all().with_start_time(lte(start(3))), "abcd"},
      {"start gt by a microsecond", data.all().with_start_time(gt(start(3) - 1us)), "defgh"},
      {"start lt by a microsecond", data.all().with_start_time(lt(start(3) + 1us)), "abcd"},
      {"start gt, between microseconds",
       data.all().with_start_time(gt(std::chrono::sys_time<std::chrono::nanoseconds>(start(3)) - 1ns)), "defgh"},
      {"start gte, between microseconds",
       data.all().with_start_time(gte(std::chrono::sys_time<std::chrono::nanoseconds>(start(3)) + 1ns)), "efgh"},
      {"start lt, between microseconds",
       data.all().with_start_time(lt(std::chrono::sys_time<std::chrono::nanoseconds>(start(3)) + 1ns)), "abcd"},
      {"start lte, between microseconds",
       data.all().with_start_time(lte(std::chrono::sys_time<std::chrono::nanoseconds>(start(3)) - 1ns)), "abc"},
      {"start gte lt", data.all().with_start_time(gte(start(2)), lt(start(5))), "cde"},
      {"start gt lte", data.all().with_start_time(gt(start(2)), lte(start(5))), "def"},
      {"start, an empty range", data.all().with_start_time(gt(start(5)), lt(start(2))), ""},
      {"start, the whole range",
       data.all().with_start_time(gte(auditor::earliest_timestamp), lte(auditor::latest_timestamp)), "abcdefgh"},
      {"stop gt", data.all().with_stop_time(gt(stop(3))), "efg"},
      {"stop gte", data.all().with_stop_time(gte(stop(3))), "defg"},
      {"stop lt", data.all().with_stop_time(lt(stop(3))), "abc"},
      {"stop lte", data.all().with_stop_time(lte(stop(3))), "abcd"},
      {"stop gte lte", data.all().with_stop_time(gte(stop(1)), lte(stop(4))), "bcde"},
      {"runtime gt", data.all().with_runtime(gt(20)), "defg"},
      {"runtime gte", data.all().with_runtime(gte(20)), "cdefg"},
      {"runtime lt", data.all().with_runtime(lt(20)), "ab"},
      {"runtime lte", data.all().with_runtime(lte(20)), "abc"},
      {"runtime equals", data.all().with_runtime(equals(20)), "c"},
      {"runtime equals 0", data.all().with_runtime(equals(0)), "a"},
      {"runtime gt lt", data.all().with_runtime(gt(10), lt(40)), "cd"},
      {"runtime as a duration", data.all().with_runtime(gte(20s), lt(1min)), "cdef"},
      {"runtime, the largest", data.all().with_runtime(lte(std::int64_t{9'223'372'036'854'775'807})), "abcdefg"},
      {"meta c", data.all().with_meta("half", contains("first")), "abcd"},
      {"meta c, one of a list", data.all().with_meta("list", contains("c")), "c"},
      {"meta c, two of a list", data.all().with_meta("list", contains("x", "d")), "d"},
      {"meta c, not all of a list", data.all().with_meta("list", contains("c", "d")), ""},
      {"meta c, everything that is special", data.all().with_meta("list", contains("\xC3\xA9 & = % + # ?")), "cdef"},
      {"meta dnc", data.all().with_meta("list", does_not_contain("c")), "def"},
      {"meta dnc, two", data.all().with_meta("list", does_not_contain("c", "e")), "df"},
      {"meta dnc, of a name that some lack", data.all().with_meta("half", does_not_contain("second")), "abcd"},
      {"meta c and dnc", data.all().with_meta("list", contains("x"), does_not_contain("f")), "cde"},
      {"meta of two names", data.all().with_meta("list", contains("x")).with_meta("half", contains("first")), "cd"},
      {"meta of an unknown name", data.all().with_meta("unknown", contains("x")), ""},
      {"component gt", data.all().with_component("even", gt(2)), "eg"},
      {"component gte", data.all().with_component("even", gte(2)), "ceg"},
      {"component lt", data.all().with_component("odd", lt(5)), "bd"},
      {"component lte", data.all().with_component("odd", lte(5)), "bdf"},
      {"component equals", data.all().with_component("odd", equals(7)), "h"},
      {"component gte lt", data.all().with_component("even", gte(2), lt(6)), "ce"},
      {"component, the second of each record", data.all().with_component("second", gte(0)), ""},
      {"everything at once",
       data.all()
           .with_start_time(gte(start(1)), lt(start(7)))
           .with_stop_time(gt(stop(1)))
           .with_runtime(lte(40))
           .with_meta("list", contains("x"))
           .with_component("even", gte(0)),
       "ce"},
  };
  for (const row& now : rows) {
    CAPTURE(now.what);
    const auto collected = client.advanced_query(now.asked);
    CAPTURE(message(collected.error()));
    CHECK(collected.has_value());
    if (!collected) continue;
    CHECK(eight::letters(*collected) == now.found);  // without an order of our own: by stop time, open ones last
    // A component filter may have failed in the database (protocol, fact 8): nothing on the wire tells.
    const bool by_component = now.asked.has_component_filter();
    CHECK(collected->summary.state == (!now.found.empty() ? completeness::complete
                                       : by_component     ? completeness::unproven
                                                          : completeness::none_found));
    CHECK(collected->summary.records == now.found.size());

    std::string seen;
    const auto visited = client.for_each(now.asked, [&seen](const auditor::record_view& r) { seen += r.record_id.back(); });
    CHECK(visited.has_value());
    CHECK(sorted(seen) == now.found);
    CHECK(std::is_sorted(seen.rbegin(), seen.rend()));  // by id: h first

    if (by_component) {
      const auto decided = client.advanced_query(now.asked, {.reads = auditor::proof::superset, .unreadable = lenient});
      CAPTURE(message(decided.error()));
      CHECK(decided.has_value());
      if (decided) CHECK(eight::letters(*decided) == now.found);
      if (decided) CHECK(decided->summary.state == completeness::complete);
    }

    const auto unproven = client.advanced_query(now.asked, {.reads = auditor::proof::none});
    CHECK(unproven.has_value());
    if (!unproven) continue;
    CHECK(sorted(eight::letters(*unproven)) == now.found);
    CHECK(unproven->summary.state == completeness::unproven);
  }
}

TEST_CASE("each order sorts, records without a value last or first, and a limit cuts it") {
  auto client = connect();
  const eight data(client);
  struct row {
    auditor::order by;
    std::string_view found;
  };
  const row rows[] = {
      {ascending(field::start_time), "abcdefgh"}, {descending(field::start_time), "hgfedcba"},
      {ascending(field::stop_time), "abcdefgh"},  {descending(field::stop_time), "hgfedcba"},
      {ascending(field::runtime), "abcdefgh"},    {descending(field::runtime), "hgfedcba"},
      {ascending(field::record_id), "hgfedcba"},  {descending(field::record_id), "abcdefgh"},
  };
  for (const row& now : rows) {
    CAPTURE(to_string(now.by.by), now.by.descends);
    for (const auditor::proof reads : {auditor::proof::complete, auditor::proof::none}) {
      const auto found = client.advanced_query(data.all().sort_by(now.by), {.reads = reads});
      CAPTURE(message(found.error()));
      CHECK(found.has_value());
      if (found) CHECK(eight::letters(*found) == now.found);
    }
    for (const std::size_t limit : std::initializer_list<std::size_t>{0, 1, 3, 6, 8, 9, 1000}) {
      const auto found = client.advanced_query(data.all().sort_by(now.by).limit(limit));
      CAPTURE(limit, message(found.error()));
      CHECK(found.has_value());
      if (!found) continue;
      CHECK(eight::letters(*found) == now.found.substr(0, limit));
      if (limit > 0) CHECK(found->summary.state == completeness::complete);
    }
  }
  CHECK(eight::letters(client.advanced_query(data.all().limit(3)).value()) == "abc");
  CHECK(eight::letters(client.advanced_query(data.all().with_runtime(gt(10)).limit(2)).value()) == "cd");
  CHECK(eight::letters(client.advanced_query(data.all().limit(std::int64_t{9'223'372'036'854'775'807})).value()) ==
        "abcdefgh");
}

TEST_CASE("names of meta that mean something else in a query are names all the same") {
  auto client = connect();
  const records mine;
  const std::string names[] = {"2nd",
                               "007",
                               "7",
                               "0",
                               "a[b]",
                               "[c]",
                               "]",
                               "a=b",
                               "a&b",
                               "a+b",
                               "a b",
                               "100%",
                               "%41",
                               "a#b",
                               "\xC3\xA9",
                               "\"quoted\"",
                               "back\\slash",
                               "a/b?c",
                               "c",
                               "dnc",
                               "[",
                               "a\nb",
                               "\xF0\x9F\x98\x80",
                               "*-._~",
                               " lead",
                               "trail ",
                               std::string(256, 'n')};
  std::size_t number = 0;
  std::vector<auditor::record> all;
  for (const std::string& name : names)
    all.push_back(mine.open(mine.id(number++)).with_meta(name, "v", name).with_component(auditor::component{name, 1}));
  for (auto& r : all) std::swap(r.components.front(), r.components.back());
  REQUIRE(client.bulk_insert(all));
  for (std::size_t i = 0; i < std::size(names); ++i) {
    const query asked[] = {
        mine.all().with_meta(names[i], contains("v")),         mine.all().with_meta(names[i], contains(names[i], "v")),
        mine.all().with_meta(names[i], does_not_contain("w")), mine.all().with_component(names[i], equals(1)),
        mine.all().with_component(names[i], gte(0), lte(2)),
    };
    for (const query& one : asked) {
      CAPTURE(names[i], one.encode().value());
      const auto found = client.advanced_query(one);
      CAPTURE(message(found.error()));
      CHECK(found.has_value());
      if (found) CHECK(ids_of(*found) == std::vector<std::string>{all[i].record_id});
    }
  }
}

TEST_CASE("the text of a query is taken as it is") {
  auto client = connect();
  const eight data(client);
  const std::string test = "meta[test][c][0]=" + data.mine.name();
  const std::pair<std::string, std::string_view> rows[] = {
      {test, "abcdefgh"},
      {"?" + test, "abcdefgh"},
      {test + "&limit=2", "ab"},
      {test + "&sort_by[desc]=start_time", "hgfedcba"},
      {test + "&sort_by[desc]=start_time&limit=2", "hg"},
      {test + "&start_time[gte]=2024-02-29T14:00:00.0005Z", "cdefgh"},
      {test + "&start_time[gte]=2024-02-29T15:00:00.0005%2B01:00", "cdefgh"},
      {test + "&record_id=" + data.id("d"), "d"},
      {"record_id=" + data.id("d"), "d"},
      {test + "&runtime[equals]=20", "c"},
      {test + "&component[even][gte]=4", "eg"},
      {test + "&meta[list][dnc][0]=c&meta[list][dnc][1]=d", "ef"},
      {test + "&meta[list][c][]=x&meta[list][c][]=d", "d"},
      {test + "&meta[list][c][0]=%C3%A9+%26+%3D+%25+%2B+%23+%3F", "cdef"},
  };
  for (const auto& [text, expected] : rows) {
    const auto found = client.advanced_query(text);
    CAPTURE(text, message(found.error()));
    CHECK(found.has_value());
    if (found) CHECK(eight::letters(*found) == expected);
  }
}

TEST_CASE("what the server says about a query that it cannot read is passed on") {
  auto client = connect();
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"start_time[gte]=yesterday", "input contains invalid characters"},
      {"runtime[gte]=many", "invalid digit found in string"},
      {"runtime[gte]=-1", "Parsing '-1' failed."},
      {"nonsense=1", "unknown field `nonsense`"},
      {"runtime[gte]=9223372036854775808", "number too large to fit in target type"},
  };
  for (const auto& [text, words] : rows) {
    const auto found = client.advanced_query(text);
    CAPTURE(text, message(found.error()));
    CHECK(found.error().code == errc::invalid_query);
    CHECK(found.error().status == 400);
    CHECK(found.error().words().find(words) != std::string_view::npos);
  }
}

TEST_CASE("what the server would silently drop is not sent") {
  auto client = connect();
  for (const std::string_view text :
       {"start_time[gt]=2024-01-01T00:00:00Z&start_time[gte]=2024-01-01T00:00:00Z",
        "record_id=", "limit=", "start_time[equals]=2024-01-01T00:00:00Z", "meta[a][is][0]=b", "runtime%5Bgte%5D=1"}) {
    const auto found = client.advanced_query(text);
    CAPTURE(text, message(found.error()));
    CHECK(found.error().code == errc::invalid_query);
    CHECK(found.error().attempts == 0);
  }
}

TEST_CASE("a long query arrives") {
  auto client = connect();
  const records mine;
  std::vector<std::string> values;
  for (int i = 0; i < 180; ++i) values.push_back(std::to_string(i) + std::string(250, 'v'));
  REQUIRE(client.add(mine.open(mine.id("one")).with_meta("list", values)));
  REQUIRE(
      client.add(mine.open(mine.id("two")).with_meta("list", std::vector<std::string>(values.begin() + 1, values.end()))));
  const auto asked = mine.all().with_meta("list", contains(values));
  CHECK(asked.encode().value().size() > 45'000);
  const auto found = client.advanced_query(asked);
  CAPTURE(message(found.error()));
  REQUIRE(found);
  CHECK(ids_of(*found) == std::vector<std::string>{mine.id("one")});
}
