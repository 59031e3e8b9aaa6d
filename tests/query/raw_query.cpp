// SPDX-License-Identifier: MIT OR Apache-2.0
#include <auditor/query/query.hpp>

#include <chrono>
#include <cstdint>
#include <iterator>
#include <random>
#include <string>
#include <string_view>

#include "catch.hpp"
#include "server_grammar.hpp"

using auditor::query;

namespace {

std::string encoded(const query& q) {
  const auto text = q.encode();
  return text ? *text : "error: " + std::string(text.error().words());
}

}  // namespace

TEST_CASE("a raw query is sent as it is, and order and limit are found in it") {
  const query q = query::raw("?limit=0012&start_time[gte]=2023-01-01T00:00:00Z&sort_by[desc]=runtime&&record_id=a%23b+c&");
  CHECK(q.validate());
  CHECK(*q.filters() == "start_time[gte]=2023-01-01T00:00:00Z&record_id=a%23b+c");
  CHECK(encoded(q) == "start_time[gte]=2023-01-01T00:00:00Z&record_id=a%23b+c&sort_by[desc]=runtime&limit=12");
  CHECK(q.limit() == 12u);
  CHECK(q.order() == descending(auditor::field::runtime));
  CHECK(q.record_id() == "a#b c");
}

TEST_CASE("raw keys are recognised encoded too, as the server does") {
  const query q = query::raw("l%69mit=7&sort%5fby[%61sc]=record%5Fid&st%6Fp_time[%67t]=2023-01-01T00:00:00Z");
  CHECK(encoded(q) == "st%6Fp_time[%67t]=2023-01-01T00:00:00Z&sort_by[asc]=record_id&limit=7");
  CHECK(encoded(query::raw("stop_time[gt]=2023-01-01T00:00:00Z&stop%5Ftime[%67te]=2023-01-01T00:00:00Z")) ==
        "error: stop_time[gt] and stop_time[gte]: the server drops both");
}

TEST_CASE("raw queries that the server takes are left alone") {
  for (const char* text : {
           "",
           "?",
           "&",
           "meta[a=b][c][0]=v",
           "meta[k%5Bx%5D][c][0]=odd",
           "meta[0][c][0]=zero",
           "meta[12][c][0]=v",
           "meta[site][c][]=a&meta[site][c][]=b",
           "meta[site][c][7]=a&meta[site][c][3]=b",
           "meta[site][c]=A",  // the dialect of old servers: a new one refuses it, loudly
           "runtime[equals]=3600&runtime[gt]=7200",
           "component[CPU][gt]=1&component[CPU][lte]=4",
           "record_id=a?b",
           "record_id=100%",
           "start_time[gte]=2023-01-01T00:00:00%2B00:00",
           "start_time[gte]=yesterday",
           "colour=blue",
       }) {
    INFO(text);
    const query q = query::raw(text);
    CHECK(q.validate());
    CHECK(server::read(encoded(q)).conditions == server::read(text + (*text == '?' ? 1 : 0)).conditions);
  }
}

TEST_CASE("raw queries that would return more than they say are refused") {
  const struct {
    std::string_view text;
    std::string_view words;
  } cases[] = {
      {"start_time[gt]=2023-01-05T00:00:00Z&start_time[gte]=2023-01-05T00:00:00Z",
       "start_time[gt] and start_time[gte]: the server drops both"},
      {"start_time[lte]=2023-01-05T00:00:00Z&limit=3&start_time[lt]=2023-01-05T00:00:00Z",
       "start_time[lt] and start_time[lte]: the server drops both"},
      {"runtime[gt]=1&runtime[gte]=1", "runtime[gt] and runtime[gte]: the server drops both"},
      {"component[CPU][lt]=1&component[%43PU][lte]=1", "component[CPU][lt] and component[CPU][lte]: the server drops both"},
      {"start_time[equals]=2023-01-05T00:00:00Z",
       "start_time[equals]=2023-01-05T00:00:00Z: the server drops equals on a time; give a lower and an upper bound"},
      {"meta[site][x][0]=A", "meta[site][x][0]=A: the server would drop an operator that is not c or dnc"},
      {"meta[site][C][0]=A", "meta[site][C][0]=A: the server would drop an operator that is not c or dnc"},
      {"record_id=", "record_id=: has no value: the server would drop it"},
      {"record_id", "record_id: has no value: the server would drop it"},
      {"limit=", "limit=: has no value: the server would drop it"},
      {"start_time[gte]=", "start_time[gte]=: has no value: the server would drop it"},
      {"meta[site][c]=", "meta[site][c]=: has no value: the server would drop it"},
      {"start_time[gte", "start_time[gte: the server expects parameter[..]=value"},
      {"meta[site][c=A", "meta[site][c=A: the server expects parameter[..]=value"},
      {"[limit]=5", "[limit]=5: the server expects parameter[..]=value"},
      {"meta[site]x[c]=A", "meta[site]x[c]=A: the server expects parameter[..]=value"},
      {"meta[a][b][c][d]=A", "meta[a][b][c][d]=A: the server expects parameter[..]=value"},
      {"record_id=a#b", "query text: a character that must be percent-encoded at byte 11"},
      {"record_id=a b", "query text: a character that must be percent-encoded at byte 11"},
      {"record_id=\u00e9", "query text: a character that must be percent-encoded at byte 10"},
      {"record_id=a\r\nHost:", "query text: a character that must be percent-encoded at byte 11"},
      {"record_id=a%00b", "record_id=a%00b: must not hold U+0000"},
      {"start_time%5Bgte%5D=2023-01-01T00:00:00Z",
       "start_time%5Bgte%5D=2023-01-01T00:00:00Z: brackets of the grammar must be literal [ and ], not %5B and %5D"},
      {"??limit=1", "?limit=1: '?' may stand at the beginning of the whole text only, once"},
      {"limit=1&?limit=2", "?limit=2: '?' may stand at the beginning of the whole text only, once"},
      {"limit=1&limit=2", "limit=2: the same key twice"},
      {"limit=-1", "limit=-1: must be 0 .. 9223372036854775807"},
      {"limit=9223372036854775808", "limit=9223372036854775808: must be 0 .. 9223372036854775807"},
      {"limit=1x", "limit=1x: must be 0 .. 9223372036854775807"},
      {"start_time[gte]=2023-01-01T00:00:00Z&start_time[gte]=2023-01-02T00:00:00Z", "start_time[gte]: the same key twice"},
      {"meta[site][c][0]=A&meta[%73ite][c][0]=B", "meta[site][c][0]: the same key twice"},
      {"sort_by[asc]=record_id&sort_by[desc]=start_time",
       "sort_by[desc]=start_time: one sort order only: with asc and desc together the server takes asc"},
      {"sort_by[asc]=meta", "sort_by[asc]=meta: expected sort_by[asc or desc]=start_time, stop_time, runtime or record_id"},
      {"sort_by=asc", "sort_by=asc: expected sort_by[asc or desc]=start_time, stop_time, runtime or record_id"},
      {"start_time[near]=2023-01-01T00:00:00Z",
       "start_time[near]=2023-01-01T00:00:00Z: expected one of the operators gt, gte, lt, lte, equals"},
      {"start_time[gte]=-5000-01-01T00:00:00Z",
       "start_time[gte]=-5000-01-01T00:00:00Z: must lie in -4713-12-31 .. +262142-12-31"},
      {"component[CPU][gt]=0&component[MEM][gt]=0",
       "component[CPU] and component[MEM]: the server never finds two different components together"},
      {"meta[007][c][0]=bond",
       "meta[007][c][0]=bond: a name is expected in the brackets, its first digit encoded: %32nd for 2nd"},
      {"meta[2nd][c][0]=v3",
       "meta[2nd][c][0]=v3: a name is expected in the brackets, its first digit encoded: %32nd for 2nd"},
  };
  for (const auto& [text, words] : cases) {
    INFO(text);
    const query q = query::raw(std::string(text));
    const auditor::result<void> right = q.validate();
    REQUIRE_FALSE(right);
    CHECK(right.error().code == auditor::errc::invalid_query);
    CHECK(right.error().words() == words);
    CHECK_FALSE(q.encode().has_value());
    CHECK_FALSE(q.filters().has_value());
  }
}

TEST_CASE("parameters that are new to us go to a new server, and not to an old one, which would drop them") {
  const query q = query::raw("colour=blue");
  CHECK(q.filters());
  CHECK(q.filters(auditor::meta_dialect::scalar).error().words() ==
        "colour=blue: unknown parameter: old servers would drop it");
}

TEST_CASE("conditions may be added to a raw query, and the whole is looked at") {
  const std::chrono::sys_seconds t(std::chrono::seconds(1672531200));
  const query base = query::raw("start_time[gte]=2023-01-01T00:00:00Z&limit=5");
  CHECK(encoded(query(base).with_start_time(auditor::lt(t)).limit(9).sort_by(ascending(auditor::field::runtime))) ==
        "start_time[gte]=2023-01-01T00:00:00Z&start_time[lt]=2023-01-01T00:00:00Z&sort_by[asc]=runtime&limit=9");
  CHECK(encoded(query(base).with_start_time(auditor::gt(t))) ==
        "error: start_time[gt] and start_time[gte]: the server drops both");
  CHECK(encoded(query(base).with_start_time(auditor::gte(t))) == "error: start_time[gte]: the same key twice");
  CHECK(encoded(query::raw("record_id=a").with_record_id("b")) == "error: record_id=b: record_id=id is expected, once");
  CHECK(encoded(query::raw("start_time[gte]=").limit(1)) ==
        "error: start_time[gte]=: has no value: the server would drop it");
}

TEST_CASE("no raw query that is accepted loses a condition at the server") {
  std::mt19937 random(4711);
  const auto below = [&random](std::uint32_t n) { return static_cast<std::uint32_t>(random() % n); };
  const std::string_view parameters[] = {"record_id", "start_time", "stop_time", "runtime", "meta",
                                         "component", "sort_by",    "limit",     "l%69mit", ""};
  const std::string_view words[] = {"gt", "gte", "lt",   "lte", "equals", "c",  "dnc",  "asc", "desc", "0",
                                    "1",  "",    "site", "CPU", "%32nd",  "2x", "%67t", "a=b", "x"};
  const std::string_view values[] = {"5", "2023-01-01T00:00:00Z", "A", "runtime", "", "0", "%00", "record_id", "a%20b",
                                     "+"};
  int accepted = 0;
  int understood = 0;
  for (int round = 0; round < 50'000; ++round) {
    std::string text;
    for (std::uint32_t pairs = 1 + below(3); pairs-- > 0;) {
      const std::string_view parameter = parameters[below(std::size(parameters))];
      text += parameter;
      // Mostly in shape, so that much is accepted.
      const std::uint32_t usual = parameter == "meta" ? 3 : parameter == "component" ? 2 : parameter.ends_with("t") ? 0 : 1;
      for (std::uint32_t depth = below(8) == 0 ? below(4) : usual; depth-- > 0;) {
        text += '[';
        text += words[below(std::size(words))];
        if (below(40) != 0) text += ']';
      }
      if (below(20) != 0) text += '=';
      text += values[below(std::size(values))];
      text += below(50) == 0 ? "#" : below(30) == 0 ? "" : "&";
    }
    const query q = query::raw(text);
    if (!q.validate()) continue;
    ++accepted;
    INFO(text);
    const server::understood arrived = server::read(encoded(q));
    REQUIRE_FALSE(arrived.dropped);
    REQUIRE_FALSE(arrived.fails);
    if (arrived.refused) continue;
    ++understood;
    // Sent whole, it means the same as it did.
    REQUIRE(arrived.conditions == server::read(text).conditions);
  }
  CHECK(accepted > 1'000);
  CHECK(understood > 500);
}
