// Bodies of operation/read/sorted_rows.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/impl/operation/read/row_order.hpp>
#include <auditor/operation/read/sorted_rows.hpp>

#include <cstdint>
#include <limits>
#include <utility>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

// What is open is the highest.
inline constexpr std::int64_t open_key = (std::numeric_limits<std::int64_t>::max)();

AUDITOR_DECL void sorted_rows::begin(const order& by) noexcept {
  by_ = by;
  before_ = by.descends ? open_key : (std::numeric_limits<std::int64_t>::min)();
}

AUDITOR_DECL bool sorted_rows::goes_on_with(const record_view& r) noexcept {
  if (by_.by == field::record_id) return true;
  const std::int64_t key = sort_key(by_.by, r).value_or(open_key), before = std::exchange(before_, key);
  return by_.descends ? key <= before : key >= before;
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
