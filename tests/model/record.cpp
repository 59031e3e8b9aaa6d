// record and its parts: what the fluent calls build, and what equality means.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include <auditor/model/record.hpp>
#include <auditor/model/validate.hpp>

#include <array>
#include <chrono>
#include <cstdlib>
#include <list>
#include <ranges>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "catch.hpp"

using auditor::component;
using auditor::meta;
using auditor::record;
using namespace std::chrono_literals;

namespace {
constexpr auto start = std::chrono::sys_days(std::chrono::year(2026) / 3 / 1) + 12h;
using strings = std::vector<std::string>;
}  // namespace

TEST_CASE("a record is built in one expression, in any order") {
  const auto r = record{"record-1", start}
                     .with_component(component{"CPU", 10}.with_score("HEPSPEC06", 9.2).with_score("other", 1))
                     .with_meta("site_id", {"site1"})
                     .with_component(component{"Memory", 2000})
                     .with_meta("group", {"a", "b"})
                     .with_stop_time(start + 1h);
  CHECK(r.record_id == "record-1");
  CHECK(r.start_time == start);
  CHECK(r.stop_time == auditor::timestamp(start + 1h));
  CHECK_FALSE(r.runtime);
  REQUIRE(r.components.size() == 2);
  CHECK(r.components[0] == component{"CPU", 10}.with_score("HEPSPEC06", 9.2).with_score("other", 1));
  CHECK(r.components[1].name == "Memory");
  CHECK(r.components[1].amount == 2000);
  REQUIRE(r.meta.find("group"));
  CHECK(*r.meta.find("group") == strings{"a", "b"});
}

TEST_CASE("a record with a name is changed in place by the same calls") {
  record r("id", start);
  component cpu("CPU", 1);
  cpu.with_score("speed", 2.5);
  r.with_component(cpu).with_meta("user", "somebody").with_stop_time(start + 1s);
  r.with_component(cpu);
  CHECK(r.components.size() == 2);
  CHECK(r.meta.size() == 1);
  CHECK(r.stop_time == auditor::timestamp(start + 1s));
  STATIC_REQUIRE(std::is_same_v<decltype(r.with_component(cpu)), record&>);
  STATIC_REQUIRE(std::is_same_v<decltype(record().with_component(cpu)), record>);
}

TEST_CASE("meta values come as a list, as a vector or one after the other") {
  const strings list{"a", "b"};
  const std::string_view view = "a";
  CHECK(*record().with_meta("n", {"a", "b"}).meta.find("n") == list);
  CHECK(*record().with_meta("n", list).meta.find("n") == list);
  CHECK(*record().with_meta("n", "a", std::string("b")).meta.find("n") == list);
  CHECK(*record().with_meta("n", view).meta.find("n") == strings{"a"});
  CHECK(*record().with_meta("n", strings{}).meta.find("n") == strings{});
}

TEST_CASE("meta values come from any range of texts") {
  const strings list{"a", "b"};
  CHECK(*record().with_meta("n", std::set<std::string_view>{"a", "b"}).meta.find("n") == list);
  CHECK(*record().with_meta("n", std::array{"a", "b"}).meta.find("n") == list);
  CHECK(*meta{}.set("n", std::list<std::string>{"a", "b"}).find("n") == list);
  CHECK(*meta{}.set("n", "a", "b").find("n") == list);
}

TEST_CASE("an unset variable of the environment is an empty text, which is refused by name") {
  const char* const unset = std::getenv("AUDITOR_TEST_OF_A_VARIABLE_THAT_NOBODY_SETS");
  REQUIRE(unset == nullptr);
  const auto words = [](const record& r) { return std::string(auditor::validate(r).error().words()); };
  CHECK(words(record(unset, start)) == "record_id: must not be empty");
  CHECK(words(record("r", start).with_meta(unset, "v")) == "meta name: must not be empty");
  CHECK(words(record("r", start).with_meta("site", "v", unset)) == "meta[\"site\"][1]: must not be empty");
  CHECK(words(record("r", start).with_meta("site", {unset})) == "meta[\"site\"][0]: must not be empty");
  CHECK(words(record("r", start).with_meta("site", std::array{"v", unset})) == "meta[\"site\"][1]: must not be empty");
  CHECK(words(record("r", start).with_meta(meta{{unset, {"v"}}})) == "meta name: must not be empty");
  CHECK(words(record("r", start).with_meta(meta{{"site", {unset}}})) == "meta[\"site\"][0]: must not be empty");
  CHECK(words(record("r", start).with_component({unset, 8})) == "components[0].name: must not be empty");
  CHECK(words(record("r", start).with_component(component("CPU", 8).with_score(unset, 1))) ==
        "components[0].scores[0].name: must not be empty");
  CHECK(auditor::score(unset, 1.5).name.empty());
  CHECK(meta{{"site", {"a"}}}.find(unset) == nullptr);
}

TEST_CASE("names are given in UTF-8 literals, too") {
  const record r =
      record(u8"Z\u00FCrich", start).with_meta(u8"gr\u00F6\u00DFe", u8"gro\u00DF").with_component({u8"Kerne", 8});
  CHECK(r == record("Z\xC3\xBCrich", start)
                 .with_meta("gr\xC3\xB6\xC3\x9F"
                            "e",
                            {"gro\xC3\x9F"})
                 .with_component({"Kerne", 8}));
  CHECK(r.meta.find(u8"gr\u00F6\u00DFe") != nullptr);
#ifdef __cpp_char8_t
  CHECK(record("r", start).with_meta("n", std::vector{std::u8string(u8"a")}) == record("r", start).with_meta("n", "a"));
#endif
}

TEST_CASE("a component is found by its name") {
  const record r = record("r", start).with_component({"CPU", 8}).with_component({"GPU", 2}).with_component({"GPU", 3});
  REQUIRE(r.find_component("GPU") != nullptr);
  CHECK(r.find_component("GPU")->amount == 2);
  CHECK(r.find_component("gpu") == nullptr);
  CHECK(record().find_component("CPU") == nullptr);
}

TEST_CASE("setting a meta name again replaces its values and keeps its place") {
  record r;
  r.with_meta("first", "1").with_meta("second", "2").with_meta("first", "3");
  REQUIRE(r.meta.size() == 2);
  CHECK(r.meta[0].name == "first");
  CHECK(r.meta[0].values == strings{"3"});
  CHECK(meta{{"n", {"1"}}, {"n", {"2"}}}.size() == 1);
  r.with_meta(meta{{"only", {"x"}}});
  CHECK(r.meta.size() == 1);
  CHECK(r.meta.find("first") == nullptr);
}

TEST_CASE("each of very many meta names is found, replaced and kept apart, whatever happened to them between") {
  const auto name = [](std::size_t i) { return "name " + std::to_string(i); };
  for (const std::size_t count : {5u, 32u, 33u, 34u, 200u, 10'000u}) {
    INFO(count << " names");
    meta m;
    for (std::size_t i = 0; i < count; ++i) m.set(name(i), "first");
    for (std::size_t i = 0; i < count; ++i) m.set(name(i), name(i));
    REQUIRE(m.size() == count);
    const auto holds = [&](const meta& of, std::size_t first = 0) {
      std::size_t right = 0;
      for (std::size_t i = first; i < count; ++i) {
        const strings* const values = of.find(name(i));
        right += values != nullptr && *values == strings{name(i)} && of[i - first].name == name(i) ? 1u : 0u;
      }
      return right == of.size() && of.find("name") == nullptr;
    };
    CHECK(holds(m));

    meta copy = m;
    CHECK(holds(copy));
    copy.entries().erase(copy.entries().begin());
    CHECK(copy.find(name(0)) == nullptr);
    CHECK(holds(copy, 1));
    copy.set(name(1), name(1));
    CHECK(copy.size() == count - 1);
    CHECK(holds(copy, 1));
    copy = m;
    CHECK(holds(copy.set(name(0), name(0))));
    copy.clear();
    CHECK(copy.find(name(1)) == nullptr);
    CHECK(copy.set(name(1), "v").size() == 1);

    const meta moved = std::move(m);
    CHECK(holds(moved));
    m = moved;
    meta assigned;
    assigned = std::move(m);
    CHECK(holds(assigned.set(name(count - 1), name(count - 1))));
  }
}

TEST_CASE("the order of meta names does not count, that of their values does") {
  const meta ab{{"a", {"1", "2"}}, {"b", {"3"}}};
  CHECK(ab == meta{{"b", {"3"}}, {"a", {"1", "2"}}});
  CHECK(ab != meta{{"b", {"3"}}, {"a", {"2", "1"}}});
  CHECK(ab != meta{{"a", {"1", "2"}}});
  CHECK(ab != meta{{"a", {"1", "2"}}, {"c", {"3"}}});
  CHECK(meta{} == meta{});
}

TEST_CASE("records differ when one of their parts does") {
  const record r = record("id", start).with_component(component("CPU", 1).with_score("s", 1)).with_meta("m", "v");
  const auto with = [&r](auto change) {
    record other = r;
    change(other);
    return other;
  };
  CHECK(r == record(r));
  CHECK(r != with([](record& o) { o.record_id = "ID"; }));
  CHECK(r != with([](record& o) { o.start_time += 1us; }));
  CHECK(r != with([](record& o) { o.stop_time = o.start_time; }));
  CHECK(r != with([](record& o) { o.runtime = 0; }));
  CHECK(r != with([](record& o) { o.meta.set("m", {"w"}); }));
  CHECK(r != with([](record& o) { o.components[0].amount = 2; }));
  CHECK(r != with([](record& o) { o.components[0].scores[0].value = 2; }));
  CHECK(r != with([](record& o) { o.components.push_back(o.components[0]); }));
}

TEST_CASE("times finer than a microsecond are floored, also before 1970") {
  using nanoseconds = std::chrono::sys_time<std::chrono::nanoseconds>;
  struct row {
    std::int64_t nanosecond, microsecond;
  };
  for (const row& r : {row{0, 0}, row{999, 0}, row{1000, 1}, row{1999, 1}, row{-1, -1}, row{-1000, -1}, row{-1001, -2}}) {
    const nanoseconds fine{std::chrono::nanoseconds(r.nanosecond)};
    CHECK(record("id", fine).start_time.time_since_epoch().count() == r.microsecond);
    CHECK(record("id", fine).with_stop_time(fine).stop_time->time_since_epoch().count() == r.microsecond);
  }
  CHECK(record("id", std::chrono::sys_days(std::chrono::year(1969) / 12 / 31)).start_time.time_since_epoch() == -24h);
}

TEST_CASE("a null pointer is an empty text wherever a text goes in, and a pipeline of texts is a list of values") {
  const std::vector<std::string> groups{"a", "", "b"};
  record r{nullptr, std::chrono::sys_days(std::chrono::year(2024) / 1 / 1)};
  r.with_meta("user", nullptr);
  r.with_meta("group", groups | std::views::filter([](const std::string& group) { return !group.empty(); }));
  CHECK(r.record_id.empty());
  CHECK(*r.meta.find("user") == std::vector<std::string>{""});
  CHECK(*r.meta.find("group") == std::vector<std::string>{"a", "b"});
}

TEST_CASE("a copy of a meta of many names finds them as fast as the original") {
  meta many;
  for (int i = 0; i < 40'000; ++i) many.set("name " + std::to_string(i), "v");
  meta copy = many;
  for (int i = 0; i < 40'000; ++i) REQUIRE(copy.find("name " + std::to_string(i)) != nullptr);
  copy.set("one more", "v");
  CHECK(copy.size() == 40'001);
  CHECK(many.size() == 40'000);
  CHECK(many.find("one more") == nullptr);
  many = copy;
  CHECK(many == copy);
  CHECK(many.find("one more") != nullptr);
}

TEST_CASE("metas with a name twice compare the same both ways") {
  const auto of = [](std::vector<auditor::meta_entry> entries) {
    auditor::meta m;
    m.entries() = std::move(entries);
    return m;
  };
  const auditor::meta same = of({{"x", {"1"}}, {"x", {"1"}}}), other = of({{"x", {"1"}}, {"y", {"1"}}});
  CHECK_FALSE(same == other);
  CHECK_FALSE(other == same);
  CHECK(same == of({{"x", {"1"}}, {"x", {"1"}}}));
}
