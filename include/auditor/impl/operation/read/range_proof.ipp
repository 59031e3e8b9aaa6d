// Bodies of operation/read/range_proof.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/timestamp.hpp>
#include <auditor/impl/query/writer.hpp>
#include <auditor/operation/read/range_proof.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

AUDITOR_DECL range_proof::next range_proof::came(row which, const record_view& r, bool has_times) noexcept {
  std::int64_t value = 0;
  const bool has_value = has_times && get_value(r, value);
  const bool is_below = has_value && range_.is_below(value), is_above = has_value && range_.is_above(value);
  const bool is_in_range = has_value && !is_below && !is_above;
  if (is_in_range) return next::something;
  switch (which) {
    case row::last:
      known_ = value;
      is_known_ =
          has_value && (by_ != field::runtime || value >= 0);  // the server has such records, and refuses such a bound
      is_above_ = is_above;
      if (is_below && is_above) return next::nothing;  // more than x and less than x
      return is_above_ ? next::ask_first : next::ask_neighbour;
    case row::first:
      if (is_below && is_above) return next::nothing;
      if (is_above) known_ = (std::min)(known_, value);
      return next::ask_neighbour;
    case row::neighbour: break;
  }
  if (!has_value) return is_above_ && !is_known_ ? next::nothing : next::start_over;
  const bool is_beyond = is_known_ && (is_above_ ? value > known_ : value < known_);
  return is_above == is_above_ && !is_beyond ? next::nothing : next::start_over;
}

AUDITOR_CALLED_ONCE AUDITOR_DECL void range_proof::neighbour_question(query_writer& to) const {
  if (is_above_ && is_known_) {
    if (range_.lower())
      write_bound(to, range_.lower().op == comparison::gt ? comparison::gt : comparison::gte, range_.lower().value);
    write_bound(to, comparison::lte, known_);
  } else if (!is_above_) {
    if (is_known_) write_bound(to, comparison::gte, known_);
    if (range_.upper())
      write_bound(to, range_.upper().op == comparison::lt ? comparison::lt : comparison::lte, range_.upper().value);
    else if (by_ != field::start_time)
      write_bound(to, comparison::lte, largest());  // open records would come first
  }
  to.sorted(!is_above_, ranged_fields[static_cast<std::size_t>(by_)].name);
}

AUDITOR_DECL range_proof::next range_proof::no_neighbour() noexcept {
  if (is_known_ || is_above_) return next::start_over;  // the row that is known was deleted, or this is no answer
  is_above_ = true;
  return next::ask_neighbour;
}

AUDITOR_DECL void range_proof::write_bound(query_writer& to, comparison op, std::int64_t value) const {
  to.bound(ranged_fields[static_cast<std::size_t>(by_)], op, value);
}

AUDITOR_DECL std::int64_t range_proof::largest() const noexcept {
  return by_ == field::runtime ? (std::numeric_limits<std::int64_t>::max)() : latest_timestamp.time_since_epoch().count();
}

AUDITOR_DECL bool range_proof::get_value(const record_view& r, std::int64_t& value) const noexcept {
  if (by_ == field::runtime) {
    value = r.runtime.value_or(0);
    return r.runtime.has_value();
  }
  if (by_ == field::start_time) return value = r.start_time.time_since_epoch().count(), true;
  if (r.stop_time) value = r.stop_time->time_since_epoch().count();
  return r.stop_time.has_value();
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
