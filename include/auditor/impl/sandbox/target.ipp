// Bodies of sandbox/target.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/sandbox/target.hpp>

#include <cstddef>
#include <optional>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail::sandboxed {

AUDITOR_DECL bool is_alphanumeric(char c) noexcept {
  return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z');
}

AUDITOR_DECL bool is_one_of(char c, std::string_view characters) noexcept {
  return characters.find(c) != std::string_view::npos;
}

AUDITOR_DECL std::size_t size_of_scheme(std::string_view target) noexcept {
  std::size_t i = 0;
  while (i < target.size() && (is_alphanumeric(target[i]) || is_one_of(target[i], "+-.~"))) ++i;
  return target.substr(i, 3) == "://" ? i : 0;
}

AUDITOR_DECL std::optional<std::size_t> end_of_authority(std::string_view text) noexcept {
  std::size_t end = 0, colons = 0;
  bool opened = false, closed = false, percent = false, at_sign = false;
  for (; end < text.size() && !is_one_of(text[end], "/?#"); ++end) {
    const char c = text[end];
    at_sign = c == '@';
    switch (c) {
      case ':':
        if (++colons > 8) return std::nullopt;
        break;
      case '[':
        if (percent || opened) return std::nullopt;
        opened = true;
        break;
      case ']':
        if (!opened || closed) return std::nullopt;
        closed = true;
        [[fallthrough]];
      case '@':
        colons = 0;
        percent = false;
        break;
      case '%': percent = true; break;
      default:
        if (!is_alphanumeric(c) && !is_one_of(c, "!$&'()*+,-.;=_~")) return std::nullopt;
    }
  }
  if (opened != closed || colons > 1 || at_sign || percent) return std::nullopt;
  return end;
}

AUDITOR_DECL std::optional<std::string_view> to_path_and_query(std::string_view target) noexcept {
  constexpr std::size_t most = 65'534;
  if (target.empty() || target.size() > most) return std::nullopt;
  if (target == "*") return target;
  if (target[0] != '/') {
    constexpr std::size_t longest_scheme = 64;
    const std::size_t scheme = size_of_scheme(target);
    if (scheme > longest_scheme) return std::nullopt;
    if (scheme != 0) target.remove_prefix(scheme + 3);
    const auto authority = end_of_authority(target);
    if (!authority || *authority == 0) return std::nullopt;
    if (scheme == 0 && *authority != target.size()) return std::nullopt;
    target.remove_prefix(*authority);
  }
  bool in_query = false;
  for (std::size_t i = 0; i < target.size(); ++i) {
    const char c = target[i];
    if (c == '#') return target.substr(0, i);
    if (c <= ' ' || c > '~' || c == '<' || c == '>' || c == (in_query ? '"' : '`')) return std::nullopt;
    in_query = in_query || c == '?';
  }
  return target;
}

}  // namespace detail::sandboxed
}  // namespace AUDITOR_ABI
}  // namespace auditor
