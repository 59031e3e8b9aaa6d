// record_view: it shows any record without copying it, and assign copies it into memory that is there already.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include <auditor/model/record_view.hpp>

#include <array>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "catch.hpp"

using auditor::component;
using auditor::component_view;
using auditor::meta_view;
using auditor::record;
using auditor::record_view;
using auditor::score_view;
using auditor::timestamp;
using auditor::view_list;
using namespace std::chrono_literals;

namespace {
record full_record() {
  record r = record("id", timestamp(5us))
                 .with_component(component("CPU", 10).with_score("HEPSPEC06", 9.2).with_score("other", 0.5))
                 .with_component(component("Memory", 2000))
                 .with_meta("site", "a")
                 .with_meta("group", "b", "c")
                 .with_stop_time(timestamp(7us));
  r.runtime = 0;
  return r;
}
}  // namespace

TEST_CASE("a view of a record shows all of it and borrows its texts") {
  const record r = full_record();
  const record_view view = r;
  CHECK(view.record_id.data() == r.record_id.data());
  CHECK(view.start_time == r.start_time);
  CHECK(view.stop_time == r.stop_time);
  CHECK(view.runtime == r.runtime);
  REQUIRE(view.components.size() == 2);
  CHECK(view.components[0].name.data() == r.components[0].name.data());
  CHECK(view.components[0].amount == 10);
  REQUIRE(view.components[0].scores.size() == 2);
  CHECK(view.components[0].scores[1].name == "other");
  CHECK(view.components[0].scores[1].value == 0.5);
  CHECK(view.components[1].scores.empty());
  REQUIRE(view.meta.size() == 2);
  CHECK(view.meta[1].name == "group");
  REQUIRE(view.meta[1].values.size() == 2);
  CHECK(view.meta[1].values[1] == "c");
}

TEST_CASE("a view is made of the caller's own arrays") {
  const std::array scores{score_view("speed", 1.5)};
  const std::array components{component_view("CPU", 4, scores), component_view("Disk", 1)};
  const std::array<std::string_view, 2> values{"x", "y"};
  const std::array metas{meta_view("m", values)};
  record_view view("own", timestamp(1us));
  view.components = components;
  view.meta = metas;
  CHECK(to_record(view) == record("own", timestamp(1us))
                               .with_component(component("CPU", 4).with_score("speed", 1.5))
                               .with_component(component("Disk", 1))
                               .with_meta("m", "x", "y"));
}

TEST_CASE("a list of views is walked forwards, by loop and by index alike") {
  const std::vector<std::string> words{"a", "b", "c"};
  const view_list<std::string_view> list = words;
  STATIC_REQUIRE(std::forward_iterator<view_list<std::string_view>::iterator>);
  std::string all;
  for (const std::string_view word : list) all += word;
  CHECK(all == "abc");
  auto at = list.begin();
  CHECK(*at++ == "a");
  CHECK(*at == "b");
  CHECK(std::next(at, 2) == list.end());
  const view_list<std::string_view> none;
  CHECK(none.empty());
  CHECK(none.begin() == none.end());
}

TEST_CASE("to_record gives back the record that a view was made of") {
  const record r = full_record();
  CHECK(to_record(r) == r);
  CHECK(to_record(record_view()) == record());
}

TEST_CASE(
    "the lists and the id of a copy of a view take no more memory than they need, other texts at most twice as much") {
  const std::string word(19, 'w');
  record r =
      record(word, timestamp(1us)).with_meta(word, word, word, word).with_meta("second", word).with_meta("third", word);
  for (int i = 0; i < 3; ++i)
    r.components.push_back(component(word, i).with_score(word, 1).with_score(word, 2).with_score(word, 3));
  record assigned;
  assign(assigned, r);
  for (const record& copy : {to_record(r), std::move(assigned)}) {
    CHECK(copy == r);
    const std::size_t exact = std::string(std::string_view(word)).capacity();
    CHECK(copy.record_id.capacity() == exact);
    CHECK(copy.meta[0].name.capacity() <= 2 * exact);
    CHECK(copy.meta[0].values[2].capacity() <= 2 * exact);
    CHECK(copy.meta[0].values.capacity() == 3);
    CHECK(copy.components.capacity() == 3);
    CHECK(copy.components[2].scores.capacity() == 3);
    CHECK(copy.components[2].scores[2].name.capacity() <= 2 * exact);
  }
}

TEST_CASE("assign leaves nothing of what the record held before") {
  record reused = full_record();
  const record small = record("x", timestamp(9us)).with_component(component("GPU", 1)).with_meta("m", "v");
  assign(reused, small);
  CHECK(reused == small);
  assign(reused, full_record());
  CHECK(reused == full_record());
  assign(reused, record_view());
  CHECK(reused == record());
}

TEST_CASE("assign reuses the memory that the record has") {
  const std::string long_word(100, 'w');
  const record big = record(long_word, timestamp(1us))
                         .with_component(component(long_word, 1).with_score(long_word, 1))
                         .with_meta(long_word, long_word);
  record reused = big;
  const char* id = reused.record_id.data();
  const component* components = reused.components.data();
  const char* score = reused.components[0].scores[0].name.data();
  const char* value = reused.meta[0].values[0].data();
  for (int i = 0; i < 3; ++i) assign(reused, big);
  CHECK(reused.record_id.data() == id);
  CHECK(reused.components.data() == components);
  CHECK(reused.components[0].scores[0].name.data() == score);
  CHECK(reused.meta[0].values[0].data() == value);
}

TEST_CASE("a view finds the values of a meta name and a component by its name") {
  const auditor::record r = auditor::record("r", auditor::timestamp())
                                .with_meta("site", "a", "b")
                                .with_meta("group", "c")
                                .with_component({"CPU", 8})
                                .with_component({"GPU", 2});
  const auditor::record_view view = r;
  const auto sites = view.meta.find("site");
  REQUIRE(sites);
  REQUIRE(sites->size() == 2);
  CHECK((*sites)[1] == "b");
  CHECK_FALSE(view.meta.find("Site"));
  CHECK_FALSE(auditor::record_view().meta.find("site"));
  REQUIRE(view.find_component("GPU"));
  CHECK(view.find_component("GPU")->amount == 2);
  CHECK_FALSE(view.find_component("gpu"));
}

TEST_CASE("a view of null pointers has empty texts") {
  const char* const unset = nullptr;
  const std::array values{"v", unset};
  const auditor::meta_view entry(unset, values);
  CHECK(entry.name.empty());
  REQUIRE(entry.values.size() == 2);
  CHECK(entry.values[0] == "v");
  CHECK(entry.values[1].empty());
  CHECK(auditor::record_view(unset, auditor::timestamp()).record_id.empty());
  CHECK(auditor::component_view(unset, 8).name.empty());
  CHECK(auditor::score_view(unset, 1).name.empty());
}

TEST_CASE("views of arrays of constants are constants, which a board has in flash") {
  static constexpr std::array scores{auditor::score_view("HEPSPEC06", 9.2)};
  static constexpr std::array components{auditor::component_view("CPU", 8, scores), auditor::component_view("GPU", 1u)};
  static constexpr std::array<std::string_view, 1> sites{"site1"};
  static constexpr std::array meta{auditor::meta_view("site", sites)};
  auditor::record_view r("r", auditor::timestamp());
  r.components = components;
  r.meta = meta;
  CHECK(to_record(r) == auditor::record("r", auditor::timestamp())
                            .with_meta("site", "site1")
                            .with_component(auditor::component("CPU", 8).with_score("HEPSPEC06", 9.2))
                            .with_component({"GPU", 1}));
}
