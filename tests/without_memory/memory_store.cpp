// A memory_store when memory runs out: of what is appended together all is there, or nothing.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include <auditor/queue/memory_store.hpp>

#include <cstddef>
#include <string>
#include <vector>

#include "catch.hpp"
#include "limited_memory.hpp"

TEST_CASE("a memory_store that finds no memory keeps nothing of what it was to append") {
  const std::string json(100, 'x');
  const std::vector<auditor::new_entry> three(3, {auditor::entry_kind::add, auditor::timestamp(), json});
  std::size_t failures = 0;
  for (std::size_t allocations = 0;; ++allocations) {
    auditor::memory_store store;
    REQUIRE_FALSE(store.append(three));
    const auto before = store.counts();
    const bool is_done = limited_memory::with(allocations, [&] { static_cast<void>(store.append(three)); });
    std::vector<auditor::queue_entry> found;
    REQUIRE_FALSE(store.read(0, 100, 10'000, found));
    CHECK(found.size() == (is_done ? 6u : 3u));
    CHECK(store.counts().waiting == found.size());
    CHECK(store.counts().waiting_bytes == found.size() * json.size());
    CHECK(store.counts().last_number == found.back().number);
    CHECK(before.last_number == 3);
    if (is_done) break;
    ++failures;
  }
  CHECK(failures >= 3);
}
