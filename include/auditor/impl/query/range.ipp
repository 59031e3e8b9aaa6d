// Bodies of query/range.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/query/range.hpp>
#include <auditor/query/refusal.hpp>

#include <cstdint>
#include <optional>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

AUDITOR_DECL void range::set(const condition& c) noexcept {
  const bool is_equality = c.op == comparison::equals, was_equality = lower.op == comparison::equals;
  equals_two_values = equals_two_values || (is_equality && was_equality && c != lower);
  equals_and_more = equals_and_more || (is_equality ? !empty() && !was_equality : was_equality);
  if (is_equality)
    lower = upper = c;
  else if (was_equality)
    return;
  else if (c.op == comparison::gt || c.op == comparison::gte)
    tighten(lower, c, c.value > lower.value);
  else
    tighten(upper, c, c.value < upper.value);
}

AUDITOR_DECL void range::tighten(condition& bound, const condition& c, bool is_tighter) noexcept {
  const bool is_strict = c.op == comparison::gt || c.op == comparison::lt;
  if (!bound || (bound.in_range && (!c.in_range || is_tighter || (c.value == bound.value && is_strict)))) bound = c;
}

AUDITOR_DECL bool range::is_valid(std::string_view parameter, std::string_view name, number_kind kind,
                                  error& why) const noexcept {
  if (equals_two_values) return refuse(why, parameter, name, ": equals two values, and nothing does");
  if (equals_and_more) return refuse(why, parameter, name, ": equals stands alone, without another bound");
  const condition& wrong = lower && !lower.in_range ? lower : upper;
  if (!wrong || wrong.in_range) return true;
  refuse(why, parameter, name, "[");
  why.more(operator_name(wrong.op));
  why.more(kind == number_kind::moment ? "]: must be within -4713-12-31 .. +262142-12-31"
                                       : "]: must be a whole number, 0 .. 9223372036854775807");
  return false;
}

AUDITOR_DECL bool range::is_below(std::int64_t value) const noexcept {
  return lower && (value < lower.value || (value == lower.value && lower.op == comparison::gt));
}

AUDITOR_DECL bool range::is_above(std::int64_t value) const noexcept {
  return upper && (value > upper.value || (value == upper.value && upper.op == comparison::lt));
}

AUDITOR_DECL bool range::holds(std::optional<std::int64_t> stored) const noexcept {
  return empty() || (stored && !is_below(*stored) && !is_above(*stored));
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
