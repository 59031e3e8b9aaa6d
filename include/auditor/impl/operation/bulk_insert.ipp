// Bodies of operation/bulk_insert.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/operation/bulk_insert.hpp>

#include <cstddef>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

AUDITOR_DECL std::size_t line_of(std::string_view text) noexcept {
  constexpr std::string_view mark = " at line ";
  const std::size_t at = text.rfind(mark);
  if (at == std::string_view::npos) return 0;
  std::size_t line = 0;
  for (std::size_t i = at + mark.size(); i < text.size() && text[i] >= '0' && text[i] <= '9' && line < 1'000'000; ++i)
    line = line * 10 + static_cast<std::size_t>(text[i] - '0');
  return line;
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
