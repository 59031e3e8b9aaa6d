// Bodies of operation/read/asked_rows.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/impl/operation/read/row_order.hpp>
#include <auditor/operation/read/asked_rows.hpp>

#include <cstdint>
#include <limits>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

AUDITOR_DECL void asked_rows::ask(const query& asked, bool names) noexcept {
  for (const field by : {field::start_time, field::stop_time, field::runtime})
    if (!asked.range_of(by).empty()) has_ranges_ = true;
  if constexpr (compact) return;
  start_ = bounds_of(asked.range_of(field::start_time));
  stop_ = bounds_of(asked.range_of(field::stop_time));
  runtime_ = bounds_of(asked.range_of(field::runtime));
  has_names_ = names && asked.has_names();
}

AUDITOR_DECL asked_rows::bounds asked_rows::bounds_of(const range& asked) noexcept {
  bounds both;
  both.are_asked = !asked.empty();
  if (const condition lower = asked.lower()) {
    both.least = lower.value;
    if (lower.op == comparison::gt && lower.value != both.most) ++both.least;
  }
  if (const condition upper = asked.upper()) {
    both.most = upper.value;
    if (upper.op == comparison::lt && upper.value != (std::numeric_limits<std::int64_t>::min)()) --both.most;
  }
  return both;
}

AUDITOR_DECL bool asked_rows::is_in_ranges(const query& asked, const record_view& r) const noexcept {
  if constexpr (compact) {
    for (const field by : {field::start_time, field::stop_time, field::runtime})
      if (!asked.range_of(by).holds(sort_key(by, r))) return false;
    return true;
  }
  if (!start_.hold(r.start_time.time_since_epoch().count())) return false;
  // An open record is in no range of them.
  if (stop_.are_asked && !(r.stop_time && stop_.hold(r.stop_time->time_since_epoch().count()))) return false;
  return !runtime_.are_asked || (r.runtime && runtime_.hold(*r.runtime));
}

AUDITOR_DECL bool asked_rows::holds_names(const query& asked, const record_view& r) noexcept {
  // Of a meta that it cannot read the server says that there is none.
  return r.meta.empty() || asked.holds_for(r);
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
