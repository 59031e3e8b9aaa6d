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

// 0 .. count - 1.
inline std::vector<std::uint32_t> all_numbers(std::size_t count) {
  std::vector<std::uint32_t> numbers(count);
  for (std::size_t i = 0; i < count; ++i) numbers[i] = static_cast<std::uint32_t>(i);
  return numbers;
}

}  // namespace model_detail
}  // namespace AUDITOR_MODEL_ABI
inline namespace AUDITOR_ABI {
namespace detail {

using model_detail::number_order;

// As `sort_numbers`, and at once where they are in order already, as ids often are; in the compact tier by a heap, which is less code.
inline void put_in_order(std::span<std::uint32_t> numbers, number_order order) {
  if constexpr (!compact) {
    if (!std::is_sorted(numbers.begin(), numbers.end(), order)) model_detail::sort_numbers(numbers, order);
    return;
  }
  std::make_heap(numbers.begin(), numbers.end(), order);
  std::sort_heap(numbers.begin(), numbers.end(), order);
}

// 0 .. count - 1 in this order.
inline std::vector<std::uint32_t> sorted_numbers(std::size_t count, number_order order) {
  std::vector<std::uint32_t> numbers = model_detail::all_numbers(count);
  put_in_order(numbers, order);
  return numbers;
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
