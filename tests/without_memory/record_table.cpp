// A record_table when memory runs out: at each allocation, once or several times in a row, it is as it was.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include <auditor/ext/record_table.hpp>

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "catch.hpp"
#include "limited_memory.hpp"

namespace {

using auditor::record;
using auditor::record_table;
using limited_memory::never;
using limited_memory::with;

constexpr auditor::timestamp start(std::chrono::hours(24 * 20'000));

std::vector<record> jobs() {
  std::vector<record> all;
  for (int i = 0; i < 40; ++i) {
    record r{"job-" + std::to_string(i), start + std::chrono::seconds(i)};
    if (i < 20) {  // then only what the table has
      r.meta.set("site" + std::to_string(i % 3), std::vector<std::string>{"a" + std::to_string(i % 5), "b"});
      r.components.push_back(
          auditor::component{"C" + std::to_string(i % 4), i}.with_score("s" + std::to_string(i % 2), 1.5));
    }
    all.push_back(r);
  }
  return all;
}

bool holds(const record_table& table, const std::vector<record>& all, std::size_t size) {
  bool is_so = table.size() == size && table.ids().size() == size && table.start_times().size() == size &&
               table.stop_times().size() == size && table.runtimes().size() == size;
  for (std::size_t i = 0; is_so && i < size; ++i) is_so = to_record(table[i]) == all[i];
  return is_so;
}

}  // namespace

TEST_CASE("a record_table that finds no memory is as it was") {
  const std::vector<record> all = jobs();
  std::size_t failures = 0;
  for (std::size_t first = 0; first < 8; ++first)
    for (std::size_t second = 0; second < 4; ++second) {
      record_table table;
      for (std::size_t i = 0; i < all.size(); ++i) {
        const auto add = [&] { table.push_back(all[i]); };
        bool is_added = false;
        for (const std::size_t allocations : {first, second, std::size_t{0}, never}) {
          if (is_added) break;
          is_added = with(allocations, add);
          if (!is_added) ++failures;
          REQUIRE(holds(table, all, i + (is_added ? 1 : 0)));
        }
        REQUIRE(is_added);
      }
    }
  CHECK(failures > 100);
}

TEST_CASE("a record_table for which no room could be reserved is as it was") {
  const std::vector<record> all = jobs();
  for (std::size_t allocations = 0; allocations < 5; ++allocations) {
    record_table table;
    for (std::size_t i = 0; i < 16; ++i) table.push_back(all[i]);
    REQUIRE_FALSE(with(allocations, [&] { table.reserve(1'000); }));
    REQUIRE(holds(table, all, 16));
    with(0, [&] { table.push_back(all[16]); });
    REQUIRE((holds(table, all, 16) || holds(table, all, 17)));
  }
}
