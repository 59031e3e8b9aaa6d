// Bodies of operation/read/range_proof.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/timestamp.hpp>
#include <auditor/impl/query/writer.hpp>
#include <auditor/operation/read/range_proof.hpp>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

AUDITOR_DECL range_proof::next range_proof::last_came(const record_view& row) noexcept {
  known_ = value_of(row);
  if (range_.holds(known_)) return next::something;
  if (by_ == field::runtime && known_ < 0) known_.reset();  // the server has such records, and refuses such a bound
  is_above_ = known_ && is_above(*known_);
  if (is_above_ && is_below(*known_)) return next::nothing;  // more than x and less than x
  return is_above_ ? next::ask_first : next::ask;
}

AUDITOR_DECL range_proof::next range_proof::first_came(const record_view& row) noexcept {
  const std::optional<std::int64_t> value = value_of(row);
  if (range_.holds(value)) return next::something;
  if (value && is_above(*value)) {
    if (is_below(*value)) return next::nothing;
    known_ = (std::min)(*known_, *value);
  }
  return next::ask;
}

AUDITOR_DECL void range_proof::neighbour_question(query_writer& to) const {
  if (is_above_ && known_) {
    if (const auto least = lower()) write_bound(to, *least);
    write_bound(to, {comparison::lte, *known_, true});
  } else if (!is_above_) {
    if (known_) write_bound(to, {comparison::gte, *known_, true});
    if (const auto most = upper())
      write_bound(to, *most);
    else if (by_ != field::start_time)
      write_bound(to, {comparison::lte, largest(), true});  // open records would come first
  }
  to.key("sort_by").in_brackets(is_above_ ? "asc" : "desc").value(to_string(by_));
  to.key("limit").value(std::int64_t{1});
}

AUDITOR_DECL range_proof::next range_proof::neighbour_came(const record_view& row) const noexcept {
  const std::optional<std::int64_t> value = value_of(row);
  if (range_.holds(value)) return next::something;
  if (!value) return is_above_ && !known_ ? next::nothing : next::start_over;
  const bool is_beyond = known_ && (is_above_ ? *value > *known_ : *value < *known_);
  return is_above(*value) == is_above_ && !is_beyond ? next::nothing : next::start_over;
}

AUDITOR_DECL range_proof::next range_proof::no_neighbour() noexcept {
  if (known_ || is_above_) return next::start_over;  // the row that is known was deleted, or this is no answer
  is_above_ = true;
  return next::ask;
}

AUDITOR_DECL void range_proof::write_bound(query_writer& to, const condition& c) const {
  range only;
  only.set(c);
  to.conditions(to_string(by_), {}, only, by_ == field::runtime ? number_kind::count : number_kind::moment);
}

AUDITOR_DECL std::int64_t range_proof::largest() const noexcept {
  return by_ == field::runtime ? (std::numeric_limits<std::int64_t>::max)() : latest_timestamp.time_since_epoch().count();
}

AUDITOR_DECL std::optional<condition> range_proof::lower() const noexcept {
  return range_.equal ? condition{comparison::gte, range_.equal->value, true} : range_.lower;
}

AUDITOR_DECL std::optional<condition> range_proof::upper() const noexcept {
  return range_.equal ? condition{comparison::lte, range_.equal->value, true} : range_.upper;
}

AUDITOR_DECL bool range_proof::is_above(std::int64_t value) const noexcept {
  const auto most = upper();
  return most && !most->holds(value);
}

AUDITOR_DECL bool range_proof::is_below(std::int64_t value) const noexcept {
  const auto least = lower();
  return least && !least->holds(value);
}

AUDITOR_DECL std::optional<std::int64_t> range_proof::value_of(const record_view& row) const noexcept {
  if (by_ == field::runtime) return row.runtime;
  if (by_ == field::start_time) return row.start_time.time_since_epoch().count();
  if (row.stop_time) return row.stop_time->time_since_epoch().count();
  return std::nullopt;
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
