// Bodies of query/range.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/query/range.hpp>
#include <auditor/query/refusal.hpp>

#include <optional>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

AUDITOR_DECL void range::set(const condition& c) noexcept {
  switch (c.op) {
    case comparison::gt:
    case comparison::gte: tighten(lower, c, lower && c.value > lower->value); break;
    case comparison::lt:
    case comparison::lte: tighten(upper, c, upper && c.value < upper->value); break;
    case comparison::equals:
      equals_two_values = equals_two_values || (equal && equal != c);
      equal = c;
      break;
  }
}

AUDITOR_DECL void range::tighten(std::optional<condition>& bound, const condition& c, bool is_tighter) noexcept {
  const bool is_strict = c.op == comparison::gt || c.op == comparison::lt;
  if (!bound || (bound->in_range && (!c.in_range || is_tighter || (c.value == bound->value && is_strict)))) bound = c;
}

AUDITOR_DECL result<void> range::check(std::string_view parameter, std::string_view name, number_kind kind) const {
  if (equals_two_values) return invalid_parameter(parameter, name).more(": equals two values, and nothing does");
  if (equal && (lower || upper))
    return invalid_parameter(parameter, name).more(": equals stands alone, without another bound");
  error wrong;
  for_each([&](const condition& c) {
    if (c.in_range || wrong) return;
    wrong = invalid_parameter(parameter, name);
    wrong.more("[").more(operator_name(c.op));
    wrong.more(kind == number_kind::moment ? "]: must be within -4713-12-31 .. +262142-12-31"
                                           : "]: must be a whole number, 0 .. 9223372036854775807");
  });
  return wrong;
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
