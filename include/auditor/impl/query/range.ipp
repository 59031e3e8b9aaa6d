// Bodies of query/range.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/query/range.hpp>
#include <auditor/query/refusal.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

AUDITOR_DECL void range::set(std::size_t side, const condition& c) noexcept {
  values_[side] = c.value;
  ops_[side] = c.op;
  broken_[side] = c.broken;
}

AUDITOR_DECL void range::set_equality(const condition& c) noexcept {
  static constexpr const char* words[] = {": equals two values, and nothing does",
                                          ": equals stands alone, without another bound"};
  equality_words_ = words;
  const bool was_equality = lower().op == comparison::equals;
  equals_two_values_ = equals_two_values_ || (was_equality && c != lower());
  equals_and_more_ = equals_and_more_ || (!empty() && !was_equality);
  set(0, c);
  set(1, c);
}

AUDITOR_DECL void range::set_bound(const condition& c) noexcept {
  if (lower().op == comparison::equals) {
    equals_and_more_ = true;
    return;
  }
  const bool is_lower = c.op == comparison::gt || c.op == comparison::gte;
  tighten(is_lower ? 0 : 1, c, is_lower ? c.value > values_[0] : c.value < values_[1]);
}

AUDITOR_DECL void range::tighten(std::size_t side, const condition& c, bool is_tighter) noexcept {
  const condition known = bound(side);
  const bool is_strict = c.op == comparison::gt || c.op == comparison::lt;
  if (!known || (known.in_range() && (!c.in_range() || is_tighter || (c.value == known.value && is_strict)))) set(side, c);
}

AUDITOR_DECL bool range::is_valid(const char* parameter, std::string_view name, error& why) const noexcept {
  if (equals_two_values_ || equals_and_more_)
    return refuse(why, parameter, name, equality_words_[equals_two_values_ ? 0 : 1]);
  const condition wrong = lower() && !lower().in_range() ? lower() : upper();
  if (!wrong || wrong.in_range()) return true;
  refuse(why, parameter, name, "[");
  why.more(operator_name(wrong.op));
  why.more(wrong.broken);
  return false;
}

AUDITOR_DECL bool range::holds(std::optional<std::int64_t> stored) const noexcept {
  return empty() || (stored && !is_below(*stored) && !is_above(*stored));
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
