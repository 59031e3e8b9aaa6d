// Whether two texts are the same, without the library's comparison where code has to be small.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/config.hpp>

#include <cstddef>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

// Compact not by ==, which brings memcmp along.
inline bool is_same_text(std::string_view a, std::string_view b) noexcept {
  if constexpr (!compact) return a == b;
  std::size_t i = a.size() == b.size() ? 0 : a.size() + 1;
  while (i < a.size() && a[i] == b[i]) ++i;
  return i == a.size();
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
