// Whether two records are the same, in any order of their meta names and however many there are.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include <auditor/model/difference.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
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

}  // namespace

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
