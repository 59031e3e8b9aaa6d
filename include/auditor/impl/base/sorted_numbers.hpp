// Numbers in an order that the caller knows: one instantiation of std::sort, which is long, for all that is sorted.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/config.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace auditor {
inline namespace AUDITOR_MODEL_ABI {
namespace model_detail {

// Whether number a comes before number b of something.
struct number_order {
  const void* of;
  bool (*comes_before)(const void* of, std::uint32_t a, std::uint32_t b);

  // `before(a, b)`. **Lifetime**: it outlives this.
  template <class Before>
  static number_order by(const Before& before) noexcept {
    return {&before,
            [](const void* self, std::uint32_t a, std::uint32_t b) { return (*static_cast<const Before*>(self))(a, b); }};
  }
  bool operator()(std::uint32_t a, std::uint32_t b) const { return comes_before(of, a, b); }
};

inline void sort_numbers(std::span<std::uint32_t> numbers, number_order order) {
  std::sort(numbers.begin(), numbers.end(), order);
}

// 0 .. count - 1 in this order.
inline std::vector<std::uint32_t> sorted_numbers(std::size_t count, number_order order) {
  std::vector<std::uint32_t> numbers(count);
  for (std::size_t i = 0; i < count; ++i) numbers[i] = static_cast<std::uint32_t>(i);
  sort_numbers(numbers, order);
  return numbers;
}

}  // namespace model_detail
}  // namespace AUDITOR_MODEL_ABI
}  // namespace auditor
