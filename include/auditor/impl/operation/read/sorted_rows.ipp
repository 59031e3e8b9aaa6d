// Bodies of operation/read/sorted_rows.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/impl/operation/read/row_order.hpp>
#include <auditor/operation/read/sorted_rows.hpp>

#include <cstdint>
#include <optional>
#include <utility>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

AUDITOR_DECL void sorted_rows::begin(const order& by) noexcept {
  by_ = by;
  is_first_ = true;
}

AUDITOR_DECL bool sorted_rows::goes_on_with(const record_view& r) noexcept {
  if (by_.by == field::record_id) return true;
  const std::optional<std::int64_t> key = sort_key(by_.by, r), before = std::exchange(before_, key);
  const std::optional<std::int64_t>&low = by_.descends ? key : before, &high = by_.descends ? before : key;
  if (std::exchange(is_first_, false) || !high) return true;  // what has none is the highest
  return low && *low <= *high;
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
