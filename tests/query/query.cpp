// SPDX-License-Identifier: MIT OR Apache-2.0
#include <auditor/query/query.hpp>

#include <chrono>
#include <cstdint>
#include <iterator>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "server_grammar.hpp"

using auditor::ascending;
using auditor::contains;
using auditor::descending;
using auditor::does_not_contain;
using auditor::equals;
using auditor::field;
using auditor::gt;
using auditor::gte;
using auditor::lt;
using auditor::lte;
using auditor::meta_dialect;
using auditor::query;

namespace {

std::chrono::sys_seconds day(int number, unsigned month = 1, int year = 2023) {
  return std::chrono::sys_days(std::chrono::year(year) / static_cast<int>(month) / number);
}

std::string encoded(const query& q, meta_dialect dialect = meta_dialect::list) {
  const auto text = q.encode(dialect);
  return text ? *text : "error: " + std::string(text.error().words());
}

struct recorded_case {
  const char* name;
  const char* target;  // as it was sent to a real server, which understood it
  query ours;
};

query since_2023() { return query{}.with_start_time(gte(day(1))); }

}  // namespace

TEST_CASE("the builder says what every recorded query says") {
  const recorded_case cases[] = {
      {"query-all", "", query{}},
      {"query-two", "start_time[gte]=2023-01-01T00:00:00Z&limit=2", since_2023().limit(2)},
      {"query-order", "start_time[gte]=2023-01-01T00:00:00Z", since_2023()},
      {"query-gt-lt", "start_time[gt]=2023-01-01T00:00:00Z&start_time[lt]=2023-01-04T00:00:00Z",
       query{}.with_start_time(gt(day(1)), lt(day(4)))},
      {"query-gte-lte", "start_time[gte]=2023-01-01T00:00:00Z&start_time[lte]=2023-01-04T00:00:00Z",
       query{}.with_start_time(lte(day(4)), gte(day(1)))},
      {"query-stop-gte", "stop_time[gte]=2023-01-01T00:00:00Z", query{}.with_stop_time(gte(day(1)))},
      {"query-stop-lt", "stop_time[lt]=2030-01-01T00:00:00Z&start_time[gte]=2023-01-01T00:00:00Z",
       since_2023().with_stop_time(lt(day(1, 1, 2030)))},
      {"query-runtime-equals", "start_time[gte]=2023-01-01T00:00:00Z&runtime[equals]=3600",
       since_2023().with_runtime(equals(3600))},
      {"query-runtime-gt", "start_time[gte]=2023-01-01T00:00:00Z&runtime[gt]=7200",
       since_2023().with_runtime(gt(std::chrono::hours(2)))},
      {"query-meta-contains", "start_time[gte]=2023-01-01T00:00:00Z&meta[site][c][0]=A",
       since_2023().with_meta("site", contains("A"))},
      {"query-meta-contains-two", "start_time[gte]=2023-01-01T00:00:00Z&meta[site][c][0]=A&meta[site][c][1]=common",
       since_2023().with_meta("site", contains("A", "common"))},
      {"query-meta-dnc", "start_time[gte]=2023-01-01T00:00:00Z&meta[site][dnc][0]=A",
       since_2023().with_meta("site", does_not_contain("A"))},
      {"query-meta-c-and-dnc", "start_time[gte]=2023-01-01T00:00:00Z&meta[site][c][0]=common&meta[site][dnc][0]=A",
       since_2023().with_meta("site", does_not_contain("A"), contains("common"))},
      {"query-meta-two-keys", "start_time[gte]=2023-01-01T00:00:00Z&meta[site][c][0]=A&meta[%32nd][c][0]=v3",
       since_2023().with_meta("site", contains("A")).with_meta("2nd", contains("v3"))},
      {"query-meta-digit-encoded", "meta[%32nd][c][0]=v3", query{}.with_meta("2nd", contains("v3"))},
      {"query-meta-key-0-encoded", "meta[%30][c][0]=zero", query{}.with_meta("0", contains("zero"))},
      {"query-meta-key-brackets", "meta[k%5Bx%5D][c][0]=odd", query{}.with_meta("k[x]", contains("odd"))},
      {"query-meta-key-amp", "meta[k%26%3D][c][0]=amp", query{}.with_meta("k&=", contains("amp"))},
      {"query-meta-key-accent", "meta[%C3%A9][c][0]=%C3%A8", query{}.with_meta("\u00e9", contains("\u00e8"))},
      {"query-component-equals", "start_time[gte]=2023-01-01T00:00:00Z&component[CPU][equals]=3",
       since_2023().with_component("CPU", equals(3))},
      {"query-component-gt", "start_time[gte]=2023-01-01T00:00:00Z&component[CPU][gt]=3",
       since_2023().with_component("CPU", gt(3))},
      {"query-component-range", "start_time[gte]=2023-01-01T00:00:00Z&component[CPU][gte]=2&component[CPU][lte]=3",
       since_2023().with_component("CPU", gte(2), lte(3))},
      {"query-component-big-value", "start_time[gte]=2023-01-01T00:00:00Z&component[CPU][lt]=2147483648",
       since_2023().with_component("CPU", lt(2147483648))},
      {"query-sort-desc", "start_time[gte]=2023-01-01T00:00:00Z&sort_by[desc]=start_time",
       since_2023().sort_by(descending(field::start_time))},
      {"query-sort-asc-id", "start_time[gte]=2023-01-01T00:00:00Z&sort_by[asc]=record_id",
       since_2023().sort_by(ascending(field::record_id))},
      {"query-sort-runtime", "start_time[gte]=2023-01-01T00:00:00Z&sort_by[desc]=runtime",
       since_2023().sort_by(descending(field::runtime))},
      {"query-limit", "start_time[gte]=2023-01-01T00:00:00Z&limit=3", since_2023().limit(3)},
      {"query-limit-0", "start_time[gte]=2023-01-01T00:00:00Z&limit=0", since_2023().limit(0)},
      {"query-limit-huge", "start_time[gte]=2023-01-01T00:00:00Z&limit=9223372036854775807",
       since_2023().limit(9223372036854775807)},
      {"query-colon-encoded", "start_time[gte]=2023-01-01T00%3A00%3A00Z", since_2023()},
      {"query-plus-encoded", "start_time[gte]=2023-01-01T00:00:00%2B00:00", since_2023()},
      {"query-record-id", "record_id=q-1", query{}.with_record_id("q-1")},
      {"query-record-id-and-time", "record_id=q-1&start_time[gte]=2024-01-01T00:00:00Z",
       query{}.with_record_id("q-1").with_start_time(gte(day(1, 1, 2024)))},
      {"query-trailing-amp", "start_time[gte]=2023-01-01T00:00:00Z&limit=1&", since_2023().limit(1)},
      {"query-space-plus", "record_id=a+b", query{}.with_record_id("a b")},
      {"id-hash-query", "record_id=a%23b", query{}.with_record_id("a#b")},
      {"id-slash-query", "record_id=a%2Fb", query{}.with_record_id("a/b")},
      {"id-percent2F-query", "record_id=a%252Fb", query{}.with_record_id("a%2Fb")},
      {"id-plus-query", "record_id=a%2Bb", query{}.with_record_id("a+b")},
      {"id-space-query", "record_id=a%20b", query{}.with_record_id("a b")},
      {"id-question-query", "record_id=a%3Fb", query{}.with_record_id("a?b")},
      {"id-dots-query", "record_id=..", query{}.with_record_id("..")},
      {"id-accent-query", "record_id=%C3%A9", query{}.with_record_id("\u00e9")},
      {"id-amp-query", "record_id=a%26b%3Dc", query{}.with_record_id("a&b=c")},
      {"id-percent-query", "record_id=100%25", query{}.with_record_id("100%")},
      {"id-bracket-query", "record_id=a%5Bb%5D", query{}.with_record_id("a[b]")},
      {"id-quote-query", "record_id=a%22b", query{}.with_record_id("a\"b")},
      {"id-trail-query", "record_id=a%2F", query{}.with_record_id("a/")},
  };
  for (const recorded_case& known : cases) {
    INFO(known.name);
    const server::understood theirs = server::read(known.target);
    REQUIRE_FALSE(theirs.refused);
    REQUIRE_FALSE(theirs.dropped);
    const server::understood ours = server::read(encoded(known.ours));
    CHECK_FALSE(ours.refused);
    CHECK(ours.conditions == theirs.conditions);
    // The recorded text itself goes through as it is.
    CHECK(server::read(encoded(query::raw(known.target))).conditions == theirs.conditions);
  }
}

TEST_CASE("a query is written as documented") {
  CHECK(encoded(query{}) == "");
  const query q = query{}
                      .limit(100)
                      .sort_by(descending(field::stop_time))
                      .with_component("CPU", gte(8))
                      .with_meta("2nd", contains("a b"), does_not_contain("c+d"))
                      .with_meta("site_id", contains("A"), contains("B"))
                      .with_runtime(lt(7200), gte(3600))
                      .with_stop_time(lt(day(3)))
                      .with_start_time(gte(day(1)))
                      .with_record_id("a#b");
  const std::string filters =
      "record_id=a%23b&start_time[gte]=2023-01-01T00:00:00Z&stop_time[lt]=2023-01-03T00:00:00Z&runtime[gte]=3600&"
      "runtime[lt]=7200&meta[%32nd][c][0]=a%20b&meta[%32nd][dnc][0]=c%2Bd&meta[site_id][c][0]=A&meta[site_id][c][1]=B&"
      "component[CPU][gte]=8";
  CHECK(*q.filters() == filters);
  CHECK(encoded(q) == filters + "&sort_by[desc]=stop_time&limit=100");
  CHECK(q.validate());
  CHECK(q.record_id() == "a#b");
  CHECK(q.limit() == 100u);
  CHECK(q.order() == descending(field::stop_time));
  CHECK(q.is_sorted());
  CHECK_FALSE(query{}.limit().has_value());
  CHECK_FALSE(query{}.is_sorted());
  CHECK_FALSE(query{}.record_id().has_value());
}

TEST_CASE("servers before 0.10 get one meta value of each operator, without an index") {
  const query q = query{}.with_meta("2nd", contains("A"), does_not_contain("B")).with_meta("group", contains("c"));
  CHECK(encoded(q, meta_dialect::scalar) == "meta[%32nd][c]=A&meta[%32nd][dnc]=B&meta[group][c]=c");
  CHECK(encoded(query{}.with_meta("site", contains("A", "B"))) == "meta[site][c][0]=A&meta[site][c][1]=B");
  CHECK(encoded(query{}.with_meta("site", contains("A", "B")), meta_dialect::scalar) ==
        "error: meta[site]: servers before 0.10 take one value of each operator");
  CHECK(encoded(query{}.with_meta("site", does_not_contain("A")).with_meta("site", does_not_contain("B")),
                meta_dialect::scalar)
            .starts_with("error: meta[site]"));
}

TEST_CASE("conditions add up over several calls, and the order and the limit are the last ones") {
  query q;
  q.with_start_time(gte(day(1)));
  q.with_start_time(lt(day(3)));
  CHECK(encoded(q) == "start_time[gte]=2023-01-01T00:00:00Z&start_time[lt]=2023-01-03T00:00:00Z");
  q.with_start_time(gt(day(2)));
  CHECK(encoded(q) == "start_time[gt]=2023-01-02T00:00:00Z&start_time[lt]=2023-01-03T00:00:00Z");

  query amounts = query{}.with_component("CPU", gte(2), lte(9)).with_component("CPU", lt(5));
  CHECK(encoded(amounts) == "component[CPU][gte]=2&component[CPU][lt]=5");

  query meta = query{}.with_meta("site", contains("A")).with_meta("vo", contains("x")).with_meta("site", contains("B"));
  CHECK(encoded(meta) == "meta[site][c][0]=A&meta[site][c][1]=B&meta[vo][c][0]=x");

  query rest = query{}.with_record_id("a").limit(1).sort_by(ascending(field::runtime));
  query copy = rest;
  copy.limit(2).sort_by(descending(field::record_id));
  CHECK(encoded(rest) == "record_id=a&sort_by[asc]=runtime&limit=1");
  CHECK(encoded(copy) == "record_id=a&sort_by[desc]=record_id&limit=2");
  CHECK(copy == query{}.with_record_id("a").limit(2).sort_by(descending(field::record_id)));
  CHECK_FALSE(copy == rest);
}

TEST_CASE("what is wrong with a query is named before anything is sent") {
  const std::string nul("a\0b", 3);
  const struct {
    query wrong;
    const char* words;
  } cases[] = {
      {query{}.with_record_id(""), "record_id: must not be empty"},
      {query{}.with_record_id(" \u2003"), "record_id: must not be blank"},
      {query{}.with_record_id(nul), "record_id: holds U+0000 at byte 1"},
      {query{}.with_record_id("a\xff"), "record_id: is not UTF-8 at byte 1"},
      {query{}.with_record_id(std::string(257, 'x')), "record_id: has more than 256 characters: 257"},
      {query{}.with_meta("", contains("A")), "meta name: must not be empty"},
      {query{}.with_meta("a\xc3", contains("A")), "meta name: is not UTF-8 at byte 1"},
      {query{}.with_meta("site", contains("A", "")), "meta[site]: a value: must not be empty"},
      {query{}.with_meta("site", does_not_contain("\t")), "meta[site]: a value: must not be blank"},
      {query{}.with_meta("site", contains(nul)), "meta[site]: a value: holds U+0000 at byte 1"},
      {query{}.with_meta("site", contains(std::vector<std::string>{})),
       "meta[site]: needs at least one value: an empty list is no condition"},
      {query{}.with_meta("site", contains("A"), does_not_contain(std::vector<std::string>{})),
       "meta[site]: needs at least one value: an empty list is no condition"},
      {query{}.with_meta(std::string(59, 'k') + "\u00e9" + std::string(150, 'k'), contains("")),
       "meta[kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk...]: a value: must not be empty"},
      {query{}.with_component("", gt(1)), "component name: must not be empty"},
      {query{}.with_component("CPU", gt(1)).with_component("MEM", gt(1)),
       "component[CPU] and component[MEM]: the server never finds two different components together"},
      {query{}.with_runtime(equals(5)).with_runtime(gt(3)), "runtime: equals stands alone, without another bound"},
      {query{}.with_component("CPU", lt(5)).with_component("CPU", equals(3)),
       "component[CPU]: equals stands alone, without another bound"},
      {query{}.with_runtime(gt(-1)).limit(-1),
       "runtime[gt]: must be a whole number, 0 .. 9223372036854775807"},  // the first of two
  };
  for (const auto& [wrong, words] : cases) {
    INFO(words);
    const auditor::result<void> right = wrong.validate();
    REQUIRE_FALSE(right);
    CHECK(right.error().code == auditor::errc::invalid_query);
    CHECK(right.error().words() == words);
    CHECK(wrong.filters().error().words() == words);
    CHECK(wrong.encode().error().words() == words);
    CHECK_FALSE(wrong.encode(meta_dialect::scalar).has_value());
  }
}

TEST_CASE("a query that was moved from asks for nothing until it is assigned to, and chains and copies go on") {
  const query some =
      query{}.with_meta("site", contains("a")).with_component("CPU", gte(8)).with_start_time(gte(day(1))).limit(3);
  for (const query& whole : {some, query{}, query{}.with_record_id("r"), query::raw("limit=3")}) {
    query from = whole;
    const query to = std::move(from);
    CHECK(to == whole);
    CHECK(encoded(from).starts_with("error: query: was moved from"));  // NOLINT(bugprone-use-after-move)
    CHECK(encoded(query(from).limit(1)).starts_with("error: query: was moved from"));
    from.with_record_id("other");
    CHECK(from.validate().error().code == auditor::errc::invalid_query);
    from = whole;
    CHECK(from == whole);
    CHECK(encoded(from) == encoded(whole));
  }
  query chain = some;
  chain = std::move(chain).with_meta("group", contains("b"));
  chain = std::move(chain).sort_by(ascending(field::start_time));
  CHECK(encoded(chain) == encoded(query(some).with_meta("group", contains("b")).sort_by(ascending(field::start_time))));
  const query& itself = chain;
  chain = itself;
  CHECK(chain.validate());
  std::vector<query> many(3, some);
  many.erase(many.begin());
  many.insert(many.begin(), many.back());
  std::swap(many[0], many[1]);
  for (const query& each : many) CHECK(each == some);
}

TEST_CASE("names of 256 characters pass, however many bytes they have") {
  std::string name;
  for (int i = 0; i < 256; ++i) name += "\U0001F600";
  CHECK(query{}.with_record_id(name).with_meta(name, contains(name)).with_component(name, gt(1)).validate());
}

TEST_CASE("a query longer than a request line may be is refused") {
  query q;
  std::vector<std::string> values(200, std::string(256, 'v'));
  q.with_meta("k", contains(values));
  CHECK(q.validate());
  CHECK(q.encode().value().size() < auditor::longest_query);
  q.with_meta("l", contains(values));
  REQUIRE_FALSE(q.validate());
  CHECK(q.validate().error().words().starts_with("query: must have at most 60000 bytes, has "));
}

TEST_CASE("random queries arrive as they were built") {
  std::mt19937 random(20240229);
  const auto below = [&random](std::uint32_t n) { return static_cast<std::uint32_t>(random() % n); };
  const std::string_view letters[] = {"a",  "Z", "0", "7",  "-",    ".",    "_",      "*",      "~",         "%",
                                      "+",  " ", "&", "=",  "#",    "[",    "]",      "?",      "/",         "\\",
                                      "\"", "<", ">", "\n", "\x7f", "\x01", "\u00e9", "\u20ac", "\U0001F600"};
  const auto name = [&] {
    std::string text;
    for (std::uint32_t n = below(6); n-- > 0;) text += letters[below(std::size(letters))];
    text.insert(below(2) == 0 ? 0 : text.size(), letters[below(4)]);  // not blank
    return text;
  };
  const auto moment = [&] {  // the years 1 to 9999
    const std::int64_t seconds = static_cast<std::int64_t>((std::uint64_t{random()} << 32 | random()) % 315'000'000'000u);
    return auditor::timestamp(std::chrono::seconds(seconds - 62'000'000'000)) +
           std::chrono::microseconds(below(2) == 0 ? 0 : below(1'000'000));
  };
  const auto number = [&] {
    return static_cast<std::int64_t>((std::uint64_t{random()} << 32 | random()) >> (1 + below(60)));
  };

  for (int round = 0; round < 3000; ++round) {
    query q;
    std::multiset<std::string> expected;
    const auto times = [&](const char* parameter, const auto& set) {
      const auditor::timestamp from = moment(), to = moment();
      const auto say = [&](const char* op, auditor::timestamp t) {
        expected.insert(std::string(parameter) + " " + op + " " + std::to_string(t.time_since_epoch().count()));
      };
      switch (below(5)) {
        case 0: set(gt(from)), say("gt", from); break;
        case 1: set(lte(to)), say("lte", to); break;
        case 2: set(gte(from), lt(to)), say("gte", from), say("lt", to); break;
        case 3: set(lte(to), gt(from)), say("gt", from), say("lte", to); break;
        default: break;
      }
    };
    const auto numbers = [&](const std::string& what, const auto& set) {
      const std::int64_t from = number(), to = number();
      const auto say = [&](const char* op, std::int64_t n) { expected.insert(what + " " + op + " " + std::to_string(n)); };
      switch (below(5)) {
        case 0: set(equals(from)), say("equals", from); break;
        case 1: set(lt(to)), say("lt", to); break;
        case 2: set(gte(from), lte(to)), say("gte", from), say("lte", to); break;
        case 3: set(gt(from)), say("gt", from); break;
        default: break;
      }
    };
    times("start_time", [&](auto... bounds) { q.with_start_time(bounds...); });
    times("stop_time", [&](auto... bounds) { q.with_stop_time(bounds...); });
    numbers("runtime", [&](auto... bounds) { q.with_runtime(bounds...); });
    const std::string component = name();
    numbers("amount of " + component, [&](auto... bounds) { q.with_component(component, bounds...); });
    for (std::uint32_t n = below(4); n-- > 0;) {
      const std::string key = name(), first = name(), second = name();
      if (below(2) == 0) {
        q.with_meta(key, contains(first, second));
        expected.insert("meta " + key + " c " + first);
        expected.insert("meta " + key + " c " + second);
      } else {
        q.with_meta(key, does_not_contain(first), contains(second));
        expected.insert("meta " + key + " dnc " + first);
        expected.insert("meta " + key + " c " + second);
      }
    }
    if (below(3) == 0) {
      const std::string id = name();
      q.with_record_id(id);
      expected.insert("record_id = " + id);
    }
    if (below(2) == 0) {
      const field by = static_cast<field>(below(4));
      const bool up = below(2) == 0;
      q.sort_by(up ? ascending(by) : descending(by));
      expected.insert(std::string("order ") + (up ? "asc " : "desc ") + std::string(to_string(by)));
    }
    if (below(2) == 0) {
      const std::int64_t most = number();
      q.limit(most);
      expected.insert("limit " + std::to_string(most));
    }

    const std::string text = encoded(q);
    INFO(text);
    const server::understood arrived = server::read(text);
    REQUIRE_FALSE(arrived.refused);
    REQUIRE_FALSE(arrived.dropped);
    REQUIRE(arrived.conditions == expected);
    const query again = query::raw(text);
    REQUIRE(encoded(again).size() == text.size());
    REQUIRE(server::read(encoded(again)).conditions == expected);
    REQUIRE(again.limit() == q.limit());
    REQUIRE(again.order() == q.order());
    REQUIRE(again.record_id() == q.record_id());
    REQUIRE(*again.filters() == *q.filters());
  }
}

TEST_CASE("an unset variable of the environment is an empty name, which a query refuses") {
  const char* const unset = nullptr;
  CHECK(encoded(query{}.with_record_id(unset)) == "error: record_id: must not be empty");
  CHECK(encoded(query{}.with_meta(unset, contains("a"))) == "error: meta name: must not be empty");
  CHECK(encoded(query{}.with_meta("site", contains(unset))) == "error: meta[site]: a value: must not be empty");
  CHECK(encoded(query{}.with_component(unset, gte(8))) == "error: component name: must not be empty");
}

TEST_CASE("a query takes what a record takes: u8 literals, ranges, and times as a record holds them") {
  CHECK(encoded(query{}.with_record_id(u8"\u00FC")) == "record_id=%C3%BC");
  CHECK(encoded(query{}.with_meta(u8"\u00FC", contains(u8"a"))) == "meta[%C3%BC][c][0]=a");
  CHECK(encoded(query{}.with_meta("n", contains(std::set<std::string_view>{"a", "b"}))) ==
        "meta[n][c][0]=a&meta[n][c][1]=b");
  const auditor::record r("r", day(1));
  CHECK(encoded(query{}.with_start_time(gte(r.start_time), lt(r.start_time + std::chrono::hours(24)))) ==
        "start_time[gte]=2023-01-01T00:00:00Z&start_time[lt]=2023-01-02T00:00:00Z");
}

TEST_CASE("conditions said one call after the other all hold, or are refused") {
  using namespace auditor;
  const auditor::timestamp t0{std::chrono::sys_days{std::chrono::year{2024} / 1 / 1}}, t1 = t0 + std::chrono::hours{1};
  const auto text = [](const query& q) { return encoded(q); };
  const std::string from_t1 = text(query{}.with_start_time(gte(t1)));
  CHECK(text(query{}.with_start_time(gte(t0)).with_start_time(gte(t1))) == from_t1);
  CHECK(text(query{}.with_start_time(gte(t1)).with_start_time(gte(t0))) == from_t1);
  CHECK(text(query{}.with_start_time(gte(t1)).with_start_time(gt(t0))) == from_t1);
  CHECK(text(query{}.with_start_time(gte(t1)).with_start_time(gt(t1))) == text(query{}.with_start_time(gt(t1))));
  CHECK(text(query{}.with_start_time(gt(t1)).with_start_time(gte(t1))) == text(query{}.with_start_time(gt(t1))));
  CHECK(text(query{}.with_stop_time(lt(t0)).with_stop_time(lte(t1))) == text(query{}.with_stop_time(lt(t0))));
  CHECK(text(query{}.with_runtime(lte(5)).with_runtime(lt(5))) == text(query{}.with_runtime(lt(5))));
  CHECK(text(query{}.with_component("CPU", gte(8)).with_component("CPU", gte(2), lt(9))) ==
        text(query{}.with_component("CPU", gte(8), lt(9))));
  CHECK(query{}.with_runtime(gte(-1)).with_runtime(gte(8)).validate().error().code == errc::invalid_query);
  CHECK(query{}.with_runtime(gte(8)).with_runtime(gte(-1)).validate().error().code == errc::invalid_query);
  CHECK(query{}.with_runtime(equals(8)).with_runtime(equals(8)).validate());
  CHECK(query{}.with_runtime(equals(8)).with_runtime(equals(9)).validate().error().code == errc::invalid_query);
  CHECK(query{}.with_record_id("a").with_record_id("a").validate());
  CHECK(query{}.with_record_id("a").with_record_id("b").validate().error().words().starts_with("record_id: "));
}
