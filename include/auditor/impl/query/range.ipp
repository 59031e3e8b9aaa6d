// Bodies of query/range.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/query/range.hpp>

#include <optional>

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

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
