// What a record must not hold: each rule refuses, names the field, and lets the last allowed value pass.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include <auditor/impl/base/distinct_names.hpp>
#include <auditor/model/validate.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <random>
#include <ratio>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "catch.hpp"

using auditor::component;
using auditor::errc;
using auditor::outcome;
using auditor::record;
using auditor::timestamp;
using auditor::validate;
using std::chrono::hours;
using std::chrono::microseconds;

namespace {

constexpr timestamp start(hours(24 * 19'000));

record good() {
  return record{"record-1", start}
      .with_component(component{"CPU", 10}.with_score("HEPSPEC06", 9.2).with_score("HEPscore23", 0.0))
      .with_component(component{"Memory", 0})
      .with_meta("site_id", "site1", "site2")
      .with_meta("group", "atlas")
      .with_stop_time(start + hours(1));
}

template <class Change>
std::string words_after(Change change) {
  record r = good();
  change(r);
  const auto checked = validate(r);
  if (!checked) {
    CHECK(checked.error().code == errc::invalid_record);
    CHECK(checked.error().outcome == outcome::rejected);
    CHECK(checked.error().attempts == 0);
  }
  return std::string(checked.error().words());
}

}  // namespace

TEST_CASE("a record that keeps all rules passes") {
  CHECK(validate(good()));
  CHECK(validate(record{"r", start}));
  CHECK(validate(auditor::record_view{"r", start}));
}

TEST_CASE("each broken rule names its field") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  const auto second_score = [](double value) {
    return words_after([value](record& r) { r.components[0].scores[1].value = value; });
  };
  CHECK(words_after([](record& r) { r.record_id = ""; }) == "record_id: must not be empty");
  CHECK(words_after([](record& r) { r.record_id = " "; }) == "record_id: must not be blank");
  CHECK(words_after([](record& r) { r.record_id = "a\xFF"; }) == "record_id: is not UTF-8 at byte 1");
  CHECK(words_after([](record& r) { r.record_id = std::string("a\0b", 3); }) == "record_id: holds U+0000 at byte 1");
  CHECK(words_after([](record& r) { r.record_id.assign(2001, 'x'); }) == "record_id: has more than 256 characters: 2001");
  CHECK(words_after([](record& r) { r.meta.set("", {"v"}); }) == "meta name: must not be empty");
  CHECK(words_after([](record& r) { r.meta.set("site_id", {"a", " "}); }) == "meta[\"site_id\"][1]: must not be blank");
  CHECK(words_after([](record& r) { r.meta.set("group", {"\xC0"}); }) == "meta[\"group\"][0]: is not UTF-8 at byte 0");
  CHECK(words_after([](record& r) { r.components[1].name = "\t"; }) == "components[1].name: must not be blank");
  CHECK(words_after([](record& r) { r.components[1].amount = -1; }) == "components[1].amount: must not be negative");
  CHECK(words_after([](record& r) { r.components[1].amount = (std::numeric_limits<std::int64_t>::min)(); }) ==
        "components[1].amount: must not be negative");
  CHECK(words_after([](record& r) { r.components[0].scores[0].name = ""; }) ==
        "components[0].scores[0].name: must not be empty");
  CHECK(second_score(nan) == "components[0].scores[1].value: is not a number");
  CHECK(second_score(-nan) == "components[0].scores[1].value: is not a number");
  CHECK(second_score(infinity) == "components[0].scores[1].value: must not be above 1e300");
  CHECK(second_score(-infinity) == "components[0].scores[1].value: must not be negative");
  CHECK(second_score(-0.5) == "components[0].scores[1].value: must not be negative");
  CHECK(second_score(-std::numeric_limits<double>::denorm_min()) == "components[0].scores[1].value: must not be negative");
  CHECK(second_score(1.0000000000000002e300) == "components[0].scores[1].value: must not be above 1e300");
  CHECK(second_score((std::numeric_limits<double>::max)()) == "components[0].scores[1].value: must not be above 1e300");
  CHECK(words_after([](record& r) { r.stop_time = r.start_time - microseconds(1); }) ==
        "stop_time: lies before start_time");
  CHECK(words_after([](record& r) { r.start_time = auditor::earliest_timestamp - microseconds(1); }) ==
        "start_time: must lie in -4713-12-31 .. +262142-12-31");
  CHECK(words_after([](record& r) { r.stop_time = auditor::latest_timestamp + microseconds(1); }) ==
        "stop_time: must lie in -4713-12-31 .. +262142-12-31");
}

TEST_CASE("every name is held to every rule, and the words say where and at which byte") {
  struct place {
    std::string path;
    void (*put)(record& r, const std::string& name);
  };
  const place places[] = {
      {"record_id", [](record& r, const std::string& name) { r.record_id = name; }},
      {"meta name", [](record& r, const std::string& name) { r.meta.set(name, {"v"}); }},
      {"meta[\"site_id\"][1]", [](record& r, const std::string& name) { r.meta.set("site_id", {"a", name}); }},
      {"components[1].name", [](record& r, const std::string& name) { r.components[1].name = name; }},
      {"components[0].scores[1].name", [](record& r, const std::string& name) { r.components[0].scores[1].name = name; }},
  };
  const std::string long_one = std::string(254, 'x') + "\xC3\xA4\xF0\x9F\x98\x80";
  const std::pair<std::string, std::string> rules[] = {
      {"", ": must not be empty"},
      {" \xE3\x80\x80\t", ": must not be blank"},
      {" \xED\xA0\x80", ": is not UTF-8 at byte 1"},
      {std::string("\0a\xFF", 3), ": is not UTF-8 at byte 2"},
      {std::string(" a\0\0", 4), ": holds U+0000 at byte 2"},
      {std::string(300, 'x') + std::string(1, '\0'), ": holds U+0000 at byte 300"},
      {std::string(300, ' '), ": must not be blank"},
      {long_one + "y", ": has more than 256 characters: 257"},
      {long_one, ""},
      {" a", ""},
  };
  for (const place& at : places)
    for (const auto& [name, rule] : rules) {
      const std::string& wrong = name;  // clang 15 captures no binding
      CHECK(words_after([&](record& r) { at.put(r, wrong); }) == (rule.empty() ? "" : at.path + rule));
    }
}

TEST_CASE("the last allowed value of each rule passes") {
  CHECK(words_after([](record& r) { r.record_id.assign(256, 'x'); }) == "");
  CHECK(words_after([](record& r) { r.components[0].amount = (std::numeric_limits<std::int64_t>::max)(); }) == "");
  for (const double value : {0.0, -0.0, std::numeric_limits<double>::denorm_min(), 1e300})
    CHECK(words_after([value](record& r) { r.components[0].scores[0].value = value; }) == "");
  CHECK(words_after([](record& r) { r.stop_time = r.start_time; }) == "");
  CHECK(words_after([](record& r) { r.stop_time.reset(); }) == "");
  CHECK(words_after([](record& r) { r.meta.set("group", {}); }) == "");
  CHECK(words_after([](record& r) {
          r.start_time = auditor::earliest_timestamp;
          r.stop_time = auditor::latest_timestamp;
        }) == "");
}

TEST_CASE("a runtime of the server's is no concern of the check") {
  CHECK(words_after([](record& r) { r.runtime = -5; }) == "");
}

TEST_CASE("a start that was never set is refused, and 1970 is not") {
  record r = good();
  r.start_time = record().start_time;
  CHECK(validate(r).error().words() == "start_time: was never set");
  CHECK(validate(auditor::record_view()).error().code == errc::invalid_record);
  r.start_time = timestamp{};
  CHECK(validate(r));
}

TEST_CASE("a time that no timestamp can hold is refused, in any unit") {
  using std::chrono::duration;
  using std::chrono::sys_time;
  const auto refused = [](auto moment) {
    const record r("r", moment);
    const record stops = record("r", start).with_stop_time(moment);
    const std::string rule = ": must lie in -4713-12-31 .. +262142-12-31";
    CHECK(validate(r).error().words() == "start_time" + rule);
    CHECK(validate(stops).error().words() == "stop_time" + rule);
    CHECK(validate(auditor::record_view("r", moment)).error().words() == "start_time" + rule);

    record assigned("r", start);
    assigned.stop_time = moment;
    CHECK(validate(assigned).error().words() == "stop_time" + rule);
    assigned.start_time = moment;
    CHECK(validate(assigned).error().words() == "start_time" + rule);
    auditor::record_view view("r", start);
    view.start_time = moment;
    CHECK(validate(view).error().words() == "start_time" + rule);
  };
  using fraction = sys_time<duration<double>>;
  refused(std::chrono::sys_seconds::max());
  refused(std::chrono::sys_seconds::min());
  refused(std::chrono::sys_days::max());
  refused(sys_time<hours>::min());
  refused(sys_time<duration<std::uint64_t>>::max());
  refused(sys_time<duration<std::int64_t, std::ratio<1, 3>>>::max());
  refused(fraction(duration<double>(std::numeric_limits<double>::infinity())));
  refused(fraction(duration<double>(std::numeric_limits<double>::quiet_NaN())));
  refused(timestamp::max());
  CHECK(validate(record("r", sys_time<std::chrono::nanoseconds>::max())));
  CHECK(validate(record("r", sys_time<std::chrono::nanoseconds>::min())));

  record runs_for_ever("r", start);
  runs_for_ever.stop_time = runs_for_ever.start_time + std::chrono::seconds::max();
  CHECK(validate(runs_for_ever).error().words() == "stop_time: must lie in -4713-12-31 .. +262142-12-31");
  runs_for_ever.start_time = runs_for_ever.start_time - hours::max();
  CHECK(validate(runs_for_ever).error().words() == "start_time: must lie in -4713-12-31 .. +262142-12-31");
}

TEST_CASE("an amount that no amount can hold is refused, whatever the type") {
  const auto words = [](const component& c) {
    const auto checked = validate(record("r", start).with_component(c));
    return std::string(checked ? "fine" : checked.error().words());
  };
  const std::uint64_t most = std::numeric_limits<std::int64_t>::max();
  CHECK(words(component("CPU", most)) == "fine");
  CHECK(words(component("CPU", most + 1)) == "components[0].amount: must be less than 2^63");
  CHECK(words(component("CPU", 2 * most + 1)) == "components[0].amount: must be less than 2^63");
  CHECK(auditor::component_view("CPU", most + 1).amount == component("CPU", most + 1).amount);
  CHECK(component("CPU", 8u) == component("CPU", std::int64_t{8}));
}

TEST_CASE("the error names the record") {
  record r = good();
  r.components[0].amount = -7;
  CHECK(validate(r).error().record_id() == "record-1");
}

TEST_CASE("a view can hold a meta name twice, and that is refused") {
  std::vector<auditor::meta_entry> entries{{"site", {"a"}}, {"group", {"b"}}, {"site", {"c"}}};
  auditor::record_view view{"r", start};
  view.meta = entries;
  CHECK(validate(view).error().words() == "meta[\"site\"]: is there twice");
  entries[2].name = "Site";
  CHECK(validate(view));
}

TEST_CASE("of many meta names only a true twin is refused") {
  for (const std::size_t count : {2u, 17u, 64u, 65u, 300u, 50'000u}) {
    std::vector<auditor::meta_entry> entries;
    for (std::size_t i = 0; i < count; ++i) entries.push_back({"a_rather_long_name_" + std::to_string(i), {"v"}});
    auditor::record_view view{"r", start};
    view.meta = entries;
    CHECK(validate(view));
    entries.back().name = entries[count / 2 - (count == 2 ? 1 : 0)].name;
    CHECK_FALSE(validate(view));
  }
}

TEST_CASE("without memory the first twin of many names is found, wherever the two are") {
  std::mt19937 random(1);
  for (int round = 0; round < 200; ++round) {
    const std::size_t count = random() % 700;
    std::vector<std::string> names;
    for (std::size_t i = 0; i < count; ++i) names.push_back(std::to_string(random() % (1 + random() % 1'000'000)));
    std::size_t first = auditor::detail::no_duplicate;
    for (std::size_t i = count; i-- > 0;)
      if (std::count(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(i), names[i]) != 0) first = i;
    const auto name = [](const void* of, std::size_t i) -> std::string_view {
      return (*static_cast<const std::vector<std::string>*>(of))[i];
    };
    CHECK(auditor::detail::first_duplicate_by_blocks(count, &names, name) == first);
    CHECK(auditor::detail::first_duplicate(count, [&names](std::size_t i) { return std::string_view(names[i]); }) == first);
  }
}

TEST_CASE("the rule is readable behind the longest meta name") {
  const std::string words = words_after([](record& r) {
    std::string name;
    for (int i = 0; i < 256; ++i) name += "\xF0\x9F\x98\x80";
    r.meta.set(name, {"v", ""});
  });
  CHECK(words.size() < 150);
  CHECK(words.substr(words.size() - 27) == "...\"][1]: must not be empty");
}

TEST_CASE("an update needs a stop time, and all else too") {
  record r = good();
  CHECK(auditor::validate_update(r));
  r.stop_time.reset();
  CHECK(auditor::validate_update(r).error().words() == "stop_time: an update needs one");
  CHECK(auditor::validate_update(r).error().record_id() == "record-1");
  r.record_id = "";
  CHECK(auditor::validate_update(r).error().words() == "record_id: must not be empty");
}
