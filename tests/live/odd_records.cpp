// Odd but legal input: ids that look like paths, names of any character, times of any year, the edges of numbers.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include "server_under_test.hpp"

#include <auditor/json/record_encoder.hpp>
#include <auditor/model/difference.hpp>

#include <bit>
#include <cmath>
#include <limits>
#include <random>

using namespace live;
using auditor::errc;
using auditor::on_duplicate;

namespace {

std::string repeated(std::string_view text, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) all += text;
  return all;
}

// What is special in a path, in a query, in JSON, in SQL, or nowhere but to the eye.
const std::vector<std::string>& odd_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all{"a#b",
                                 "a/b",
                                 "a%2Fb",
                                 "a+b",
                                 "a b",
                                 "..",
                                 ".",
                                 "\xC3\xA9",
                                 "a\"b",
                                 "100%",
                                 "a/../b",
                                 "//",
                                 "?a=b&c[d]=e",
                                 "a;b",
                                 "a\\b",
                                 "'; drop table auditor_accounting; --",
                                 "%00",
                                 "%",
                                 "%%",
                                 "\\u0000",
                                 "{}",
                                 "[]",
                                 "null",
                                 "0",
                                 "007",
                                 "-1",
                                 "1e5",
                                 "schedd#123.0#1690000000",
                                 " lead",
                                 "trail ",
                                 "a  b",
                                 "\xE2\x80\xAE"
                                 "evil",
                                 "\xEF\xBB\xBF"
                                 "mark",
                                 "\xEF\xBF\xBF",
                                 "\xF0\x9F\x98\x80",
                                 "\xF4\x8F\xBF\xBF",
                                 "e\xCC\x81",
                                 "\xC3\x9F\xE1\xBA\x9E",
                                 "a\tb",
                                 "a\nb",
                                 "a\r\nb",
                                 "\x7F",
                                 "\xC2\x85x",
                                 "\xE2\x80\xA8x",
                                 "<a>",
                                 "`a`",
                                 "^|~",
                                 "@:",
                                 "$1",
                                 "*-._"};
    for (char c = 1; c < 0x20; ++c) all.push_back(std::string("control") + c + "character");
    return all;
  }();
  return names;
}

}  // namespace

TEST_CASE("a record of any legal id is stored, found, compared and updated") {
  auto client = connect();
  const records mine;
  std::vector<std::string> ids;
  for (const std::string& odd : odd_names()) {
    ids.push_back(mine.id(odd));
    ids.push_back(odd + mine.id("end"));
  }
  for (const std::string_view one :
       {"x", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80"})  // 256 code points: up to 1,024 bytes
    ids.push_back(mine.name() + repeated(one, 256 - mine.name().size()));
  for (const std::string& id : ids) {
    CAPTURE(id);
    auto r = mine.open(id);
    const auto added = client.add(r);
    CAPTURE(message(added.error()));
    CHECK(added);
    CHECK(stored_differently(client, r).empty());
    const auto single = client.get_single_record(id);
    CHECK(single);
    if (single) CHECK(single->record_id == id);
    CHECK(client.add(r).error().code == errc::record_exists);
    CHECK(client.add(r, {.duplicates = on_duplicate::compare}).value().how == auditor::delivery::equal);
    r.with_stop_time(noon + 1h);
    CHECK(client.update(r));
    CHECK(stored_differently(client, r).empty());
  }
  auto found = client.advanced_query(mine.all());
  REQUIRE(found);
  std::vector<std::string> stored = ids_of(*found);
  std::sort(stored.begin(), stored.end());
  std::sort(ids.begin(), ids.end());
  CHECK(stored == ids);

  for (const std::string id : {".", ".."}) {  // nothing but these: shared by all runs
    const auditor::record r{id, noon};
    CHECK(client.add(r, {.duplicates = on_duplicate::compare}));
    CHECK(client.find(id).value().value().record_id == id);
    CHECK(client.get_single_record(id).value().record_id == id);
  }
}

TEST_CASE("a bulk of odd ids settles each of them") {
  auto client = connect();
  const records mine;
  std::vector<auditor::record> batch;
  for (const std::string& odd : odd_names()) batch.push_back(mine.open(mine.id(odd)));
  CHECK(client.bulk_insert(batch));
  for (std::size_t i = 0; i < batch.size(); ++i) batch[i].with_stop_time(noon + std::chrono::seconds(i));
  const auto updated = client.bulk_update(batch);
  CAPTURE(message(updated.error()));
  CHECK(updated);
  const auto again = client.bulk_insert(batch, {.duplicates = on_duplicate::compare});
  CAPTURE(message(again.error()));
  CHECK(again);
  CHECK(again.duplicates() + again.delivered() == batch.size());
}

TEST_CASE("names of any character come back, everywhere in a record") {
  auto client = connect();
  const records mine;
  auto r = mine.closed(mine.id("one"));
  auto names = odd_names();
  names.push_back(repeated("\xF0\x9F\x98\x80", 256));
  for (const std::string& name : names) {
    r.with_meta(name, name, "other");
    r.with_component(auditor::component{name, 1}.with_score(name, 1.5));
  }
  r.with_meta("twice", "same", "same").with_meta("all", names);
  r.with_component(auditor::component{"same", 1}).with_component(auditor::component{"same", 1});
  REQUIRE(client.add(r));
  CHECK(stored_differently(client, r) == "");
}

TEST_CASE("meta without values, no meta and no components are what they are") {
  auto client = connect();
  const records mine;
  auto r = mine.closed(mine.id("one")).with_meta("empty", std::vector<std::string>{});
  r.components.push_back(auditor::component{"no scores", 0});
  REQUIRE(client.add(r));
  CHECK(stored_differently(client, r) == "");
  const auditor::record bare{mine.id("bare"), noon};
  REQUIRE(client.add(bare));
  CHECK(stored_differently(client, bare) == "");
}

TEST_CASE("times of any year come back to the microsecond") {
  auto client = connect();
  const records mine;
  const std::string_view times[] = {
      "-4713-12-31T00:00:00Z",    "-4712-01-01T00:00:00Z",       "-0001-12-31T23:59:59.999999Z",
      "0000-01-01T00:00:00Z",     "0001-01-01T00:00:00Z",        "1582-10-10T00:00:00Z",
      "1883-11-18T12:03:58Z",     "1969-12-31T23:59:59.999999Z", "1970-01-01T00:00:00Z",
      "1999-12-31T23:59:59.999Z", "2000-01-01T00:00:00Z",        "2024-02-29T12:00:00.000001Z",
      "2024-02-29T12:00:00.1Z",   "2038-01-19T03:14:08Z",        "9999-12-31T23:59:59.999999Z",
      "+10000-01-01T00:00:00Z",   "+99999-06-15T12:34:56.7Z",    "+262142-12-31T23:59:59.999999Z"};
  std::vector<auditor::timestamp> moments;
  for (const std::string_view text : times) moments.push_back(auditor::parse_timestamp(text).value());
  REQUIRE(moments.front() == auditor::earliest_timestamp);
  REQUIRE(moments.back() == auditor::latest_timestamp);
  std::vector<auditor::record> all;
  for (std::size_t i = 0; i < moments.size(); ++i) {
    auto r = auditor::record{mine.id(i), moments[i]}.with_meta("test", mine.name());
    if (i + 1 < moments.size()) r.with_stop_time(moments[i + 1]);
    const auto added = client.add(r);
    CAPTURE(times[i], message(added.error()));
    CHECK(added);
    CHECK(stored_differently(client, r) == "");
    all.push_back(std::move(r));
  }
  const auto span = auditor::record{mine.id("span"), moments.front()}.with_stop_time(moments.back());
  REQUIRE(client.add(span));
  CHECK(stored_differently(client, span) == "");

  for (std::size_t i = 0; i < moments.size(); ++i) {
    CAPTURE(times[i]);
    const auto since = client.advanced_query(
        mine.all().with_start_time(auditor::gte(moments[i])).sort_by(auditor::ascending(auditor::field::start_time)));
    CAPTURE(message(since.error()));
    CHECK(since);
    if (since)
      CHECK(ids_of(*since) ==
            ids_of(std::vector<auditor::record>(all.begin() + static_cast<std::ptrdiff_t>(i), all.end())));
    const auto before = client.advanced_query(mine.all().with_start_time(auditor::lt(moments[i])));
    CHECK(before.value().size() == i);
  }
}

TEST_CASE("scores come back within four units in the last place") {
  auto client = connect();
  const records mine;
  std::vector<double> values{0.0,
                             -0.0,
                             5e-324,
                             2.2250738585072009e-308,
                             2.2250738585072014e-308,
                             1e-300,
                             0.1,
                             1.0 / 3,
                             1.0000000000000002,
                             9,
                             9.2,
                             1e15,
                             1e16,
                             1e17,
                             123456789012345680.0,
                             9007199254740993.0,
                             1e21,
                             1e22,
                             1e23,
                             8.41e21,
                             5e-5,
                             1e-7,
                             1.7976931348623157e288,
                             1e299,
                             1e300,
                             9.999999999999999e299,
                             6.02214076e23,
                             3.141592653589793,
                             2.718281828459045};
  std::mt19937_64 random(17);
  while (values.size() < 300) {  // 17 digits each, of every magnitude
    const double value = std::bit_cast<double>(random() >> 1);
    if (value <= auditor::largest_score) values.push_back(value);
  }
  while (values.size() < 2'000)  // where it loses most
    values.push_back(std::pow(10.0, std::uniform_real_distribution<>(-12, -6)(random)));
  auto r = mine.closed(mine.id("one"));
  r.with_component(auditor::component{"scored", 1});
  for (std::size_t i = 0; i < values.size(); ++i) r.components.back().with_score("s" + std::to_string(i), values[i]);
  REQUIRE(client.add(r));
  const auto stored = client.find(r.record_id);
  CAPTURE(message(stored.error()));
  REQUIRE(stored);
  REQUIRE(*stored);
  const auto& scores = (**stored).components.back().scores;
  REQUIRE(scores.size() == values.size());
  for (std::size_t i = 0; i < values.size(); ++i)
    if (!auditor::same_score(values[i], scores[i].value)) {
      CAPTURE(std::bit_cast<std::uint64_t>(values[i]), std::bit_cast<std::uint64_t>(scores[i].value));
      CHECK(values[i] == scores[i].value);
    }
  CHECK(stored_differently(client, r) == "");
  CHECK(client.add(r, {.duplicates = on_duplicate::compare}).value().how == auditor::delivery::equal);
}

TEST_CASE("amounts up to the largest come back exactly") {
  auto client = connect();
  const records mine;
  // Behind a small one: a large amount in the first place breaks queries for components.
  auto r = mine.closed(mine.id("one"));
  for (const std::int64_t amount :
       {std::int64_t{0}, std::int64_t{1}, std::int64_t{2'147'483'647}, std::int64_t{2'147'483'648}, std::int64_t{1} << 53,
        (std::int64_t{1} << 53) + 1, std::int64_t{1'000'000'000'000'000'000}, (std::numeric_limits<std::int64_t>::max)()})
    r.with_component(auditor::component{"amount", amount});
  REQUIRE(client.add(r));
  CHECK(stored_differently(client, r) == "");
}

TEST_CASE("an amount above 2^31-1 in the first place makes a query for it come back empty, and unproven") {
  auto client = connect();
  const records mine;
  const auto small = auditor::record{mine.id("small"), noon}
                         .with_meta("test", mine.name())
                         .with_component(auditor::component{"Memory", 5});
  const auto large = auditor::record{mine.id("large"), noon}
                         .with_meta("test", mine.name())
                         .with_component(auditor::component{"Memory", 1LL << 31});
  REQUIRE(client.add(small));
  CHECK(client.advanced_query(mine.all().with_component("Memory", auditor::gte(1))).value().size() == 1);
  REQUIRE(client.add(large));
  CHECK(stored_differently(client, large) == "");
  const auto found = client.advanced_query(mine.all().with_component("Memory", auditor::gte(1)));
  CAPTURE(message(found.error()));
  CHECK((found ? found->summary.state == auditor::completeness::unproven : found.error().code == errc::truncated));

  // Asked without the filter, and filtered here, they are both found, among records that the server cannot read.
  const auto decided = client.advanced_query(mine.all().with_component("Memory", auditor::gte(1)),
                                             {.reads = auditor::proof::superset, .unreadable = [](std::string_view) {}});
  CAPTURE(message(decided.error()));
  REQUIRE(decided);
  CHECK(decided->summary.state == auditor::completeness::complete);
  CHECK(decided->size() == 2);
}

TEST_CASE("a record that the server stored but cannot read is reported by its id, and the others are read") {
  auto client = connect();
  const records mine;
  const auto before = mine.closed(mine.id("a"));
  const auto after = mine.closed(mine.id("c"));
  REQUIRE(client.add(before));
  REQUIRE(client.add(after));
  auto hopeless = mine.closed(mine.id("b"));
  hopeless.components[0].scores[0].value = 7e77;  // to be found again in the text
  std::string text;
  auditor::encode_record(hopeless, text);
  const std::size_t at = text.find("7e");
  REQUIRE(at != std::string::npos);
  text.replace(at, text.find_first_of(",}", at) - at, "1.7976931348623155e308");
  REQUIRE(send(client, auditor::verb::post, "/record", text).status == 200);

  const auto single = client.get_single_record(hopeless.record_id);
  CAPTURE(message(single.error()));
  CHECK(single.error().code == errc::unreadable_record);
  CHECK(single.error().record_id() == hopeless.record_id);
  CHECK(client.find(hopeless.record_id).error().code == errc::unreadable_record);

  const auto all = client.advanced_query(mine.all());
  CHECK(all.error().code == errc::unreadable_record);
  CHECK(all.error().record_id() == hopeless.record_id);

  std::vector<std::string> reported;
  const auditor::read_options go_on{.unreadable = [&reported](std::string_view id) { reported.emplace_back(id); }};
  const auto others = client.advanced_query(mine.all(), go_on);
  CAPTURE(message(others.error()));
  REQUIRE(others);
  CHECK(ids_of(*others) == std::vector<std::string>{before.record_id, after.record_id});
  CHECK(others->summary.unreadable == 1);
  CHECK(others->summary.state == auditor::completeness::complete);
  CHECK(reported == std::vector<std::string>{hopeless.record_id});

  // It is a duplicate that nothing can be compared with.
  const auto again = client.add(before.record_id == hopeless.record_id ? before : mine.closed(hopeless.record_id),
                                {.duplicates = on_duplicate::compare});
  CAPTURE(message(again.error()));
  CHECK(!again);
  CHECK(again.error().outcome == auditor::outcome::duplicate);
}
