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
#include <optional>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

AUDITOR_DECL range_proof::next range_proof::came(row which, const record_view& r) noexcept {
  const std::optional<std::int64_t> value = value_of(r);
  const bool is_below = value && range_.is_below(*value), is_above = value && range_.is_above(*value);
  const bool is_in_range = value && !is_below && !is_above;
  if (is_in_range) return next::something;
  switch (which) {
    case row::last:
      known_ = value;
      if (by_ == field::runtime && known_ < 0) known_.reset();  // the server has such records, and refuses such a bound
      is_above_ = is_above;
      if (is_below && is_above) return next::nothing;  // more than x and less than x
      return is_above_ ? next::ask_first : next::ask_neighbour;
    case row::first:
      if (is_below && is_above) return next::nothing;
      if (is_above) known_ = (std::min)(*known_, *value);
      return next::ask_neighbour;
    case row::neighbour: break;
  }
  if (!value) return is_above_ && !known_ ? next::nothing : next::start_over;
  const bool is_beyond = known_ && (is_above_ ? *value > *known_ : *value < *known_);
  return is_above == is_above_ && !is_beyond ? next::nothing : next::start_over;
}

AUDITOR_DECL void range_proof::neighbour_question(query_writer& to) const {
  if (is_above_ && known_) {
    if (range_.lower())
      write_bound(to, range_.lower().op == comparison::gt ? comparison::gt : comparison::gte, range_.lower().value);
    write_bound(to, comparison::lte, *known_);
  } else if (!is_above_) {
    if (known_) write_bound(to, comparison::gte, *known_);
    if (range_.upper())
      write_bound(to, range_.upper().op == comparison::lt ? comparison::lt : comparison::lte, range_.upper().value);
    else if (by_ != field::start_time)
      write_bound(to, comparison::lte, largest());  // open records would come first
  }
  to.pairs(is_above_ ? "sort_by[asc]" : "sort_by[desc]");
  to.value(std::string_view(ranged_fields[static_cast<std::size_t>(by_)].name));
  to.pairs("limit=1");
}

AUDITOR_DECL range_proof::next range_proof::no_neighbour() noexcept {
  if (known_ || is_above_) return next::start_over;  // the row that is known was deleted, or this is no answer
  is_above_ = true;
  return next::ask_neighbour;
}

AUDITOR_DECL void range_proof::write_bound(query_writer& to, comparison op, std::int64_t value) const {
  const ranged_field& by = ranged_fields[static_cast<std::size_t>(by_)];
  to.key(by.name).compared(op, value, by.kind);
}

AUDITOR_DECL std::int64_t range_proof::largest() const noexcept {
  return by_ == field::runtime ? (std::numeric_limits<std::int64_t>::max)() : latest_timestamp.time_since_epoch().count();
}

AUDITOR_DECL std::optional<std::int64_t> range_proof::value_of(const record_view& r) const noexcept {
  if (by_ == field::runtime) return r.runtime;
  if (by_ == field::start_time) return r.start_time.time_since_epoch().count();
  if (r.stop_time) return r.stop_time->time_since_epoch().count();
  return std::nullopt;
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
