// Whether all names of an object differ: fast for the few that records have, never quadratic for the many of a hostile one.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/config.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

inline constexpr std::size_t no_duplicate = static_cast<std::size_t>(-1);

// The number of the first name that was there before, or `no_duplicate`. `name(i)` is name i of `count`.
// **Memory**: allocates above 16 names.
template <class Name>
std::size_t first_duplicate(std::size_t count, Name name) {
  if (count <= 16) {
    std::uint64_t known = 0;  // names that differ in this one bit differ; most do
    for (std::size_t i = 0; i < count; ++i) {
      const std::string_view text = name(i);
      const unsigned mixed = text.empty()
                                 ? 0u
                                 : static_cast<unsigned char>(text.front()) * 5u +
                                       static_cast<unsigned char>(text.back()) * 3u + static_cast<unsigned>(text.size());
      const std::uint64_t bit = std::uint64_t{1} << (mixed & 63u);
      if ((known & bit) != 0)
        for (std::size_t k = 0; k < i; ++k)
          if (name(k) == text) return i;
      known |= bit;
    }
    return no_duplicate;
  }
  std::vector<std::size_t> order(count);
  for (std::size_t i = 0; i < count; ++i) order[i] = i;
  std::sort(order.begin(), order.end(), [&name](std::size_t a, std::size_t b) {
    const int compared = name(a).compare(name(b));
    return compared != 0 ? compared < 0 : a < b;
  });
  std::size_t first = no_duplicate;
  for (std::size_t i = 1; i < count; ++i)
    if (name(order[i - 1]) == name(order[i])) first = (std::min)(first, order[i]);
  return first;
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
