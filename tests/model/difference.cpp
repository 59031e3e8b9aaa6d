// Whether two records are the same, in any order of their meta names and however many there are.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include <auditor/model/difference.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <limits>
#include <string>
#include <vector>

#include "catch.hpp"

using namespace auditor;

namespace {

record with_names(std::size_t count) {
  record r{"r", timestamp{std::chrono::hours{450'000}}};
  for (std::size_t i = 0; i < count; ++i) r.meta.entries().push_back({"name " + std::to_string(i), {"value"}});
  return r;
}
// The server's order is any.
void shuffle(std::vector<meta_entry>& entries) {
  for (std::size_t i = 0; i < entries.size(); ++i) std::swap(entries[i], entries[i * 7'919 % entries.size()]);
}

// Everything that a record of the server's can have, once.
record complete() {
  return record{"r", timestamp{std::chrono::hours{450'000}}}
      .with_meta("site", "a", "b")
      .with_component(component{"CPU", 8}.with_score("HEPscore23", 9.5))
      .with_stop_time(timestamp{std::chrono::hours{450'001}});
}

}  // namespace

TEST_CASE("one comparison says how much is the same and where the first difference is") {
  struct row {
    record_match match;
    const char* words;
    void (*change)(record& stored);
  };
  using std::chrono::hours;
  const auto all_but_stop_time = record_match::all_but_stop_time;
  const auto different = record_match::different;
  const row rows[] = {
      {record_match::equal, "", [](record&) {}},
      {record_match::equal, "", [](record& r) { r.runtime = 3'600; }},
      {record_match::equal, "", [](record& r) { r.components[0].scores[0].value = 9.500000000000002; }},
      {all_but_stop_time, "stop_time: 2021-05-03T01:00:00Z here, none stored", [](record& r) { r.stop_time.reset(); }},
      {all_but_stop_time, "stop_time: 2021-05-03T01:00:00Z here, 2021-05-03T02:00:00Z stored",
       [](record& r) { *r.stop_time += hours{1}; }},
      {different, "start_time: 2021-05-03T00:00:00Z here, 2021-05-02T23:00:00Z stored",
       [](record& r) { r.start_time -= hours{1}; }},
      {different, "start_time: 2021-05-03T00:00:00Z here, 2021-05-02T23:00:00Z stored",
       [](record& r) {
         r.start_time -= hours{1};
         r.stop_time.reset();
       }},
      {different, "meta[\"site\"]: b here, c stored", [](record& r) { r.meta.set("site", {"a", "c"}); }},
      {different, "meta[\"site\"]: another number of values here, another stored",
       [](record& r) { r.meta.set("site", {"a"}); }},
      {different, "meta[\"site\"]: present here, not stored", [](record& r) { r.meta.clear(); }},
      {different, "meta: fewer names here, more stored", [](record& r) { r.meta.set("group", {"c"}); }},
      {different, "number of components: 1 here, 0 stored", [](record& r) { r.components.clear(); }},
      {different, "components[0].name: CPU here, GPU stored", [](record& r) { r.components[0].name = "GPU"; }},
      {different, "components[0].amount: 8 here, 9 stored", [](record& r) { r.components[0].amount = 9; }},
      {different, "components[0].scores: another number here, another stored",
       [](record& r) { r.components[0].scores.clear(); }},
      {different, "components[0].scores[0].name: HEPscore23 here, x stored",
       [](record& r) { r.components[0].scores[0].name = "x"; }},
      {different, "components[0].scores[0].value: 9.5 here, 9.75 stored",
       [](record& r) { r.components[0].scores[0].value = 9.75; }},
  };
  for (const row& each : rows) {
    const record ours = complete();
    record stored = ours;
    each.change(stored);
    const record_comparison compared = compare_records(ours, stored);
    CHECK(compared.match == each.match);
    CHECK(compared.difference.words() == each.words);
    CHECK(compared.difference.code == (each.match == record_match::equal ? errc::ok : errc::conflict));
  }
}

TEST_CASE("meta names compare in any order, few of them and very many") {
  for (const std::size_t count : {1u, 2u, 16u, 17u, 40'000u}) {
    INFO(count << " names");
    const record ours = with_names(count);
    record stored = ours;
    shuffle(stored.meta.entries());
    CHECK(ours.meta == stored.meta);
    CHECK(difference(ours, stored).code == errc::ok);

    const std::string last = "name " + std::to_string(count - 1);
    const auto entry = std::find_if(stored.meta.entries().begin(), stored.meta.entries().end(),
                                    [&](const meta_entry& each) { return each.name == last; });
    entry->values = {"another"};
    CHECK(ours.meta != stored.meta);
    CHECK(difference(ours, stored).words() == "meta[\"" + last + "\"]: value here, another stored");
    entry->values = {"value", "another"};
    CHECK(difference(ours, stored).words() == "meta[\"" + last + "\"]: another number of values here, another stored");
    entry->name = "x";
    CHECK(ours.meta != stored.meta);
    CHECK(difference(ours, stored).words() == "meta[\"" + last + "\"]: present here, not stored");
    stored = ours;
    stored.meta.entries().push_back({"more", {}});
    CHECK(ours.meta != stored.meta);
    CHECK(difference(ours, stored).words() == "meta: fewer names here, more stored");
  }
}

TEST_CASE("scores that no server stores equal themselves alone") {
  constexpr double infinity = std::numeric_limits<double>::infinity(), most = std::numeric_limits<double>::max();
  CHECK(same_score(infinity, infinity));
  CHECK_FALSE(same_score(most, infinity));
  CHECK_FALSE(same_score(-infinity, -most));
  CHECK_FALSE(same_score(std::numeric_limits<double>::quiet_NaN(), infinity));
  CHECK(same_score(0.1, 0.1 + 1e-17));
}
