// Bodies of sandbox/media_type.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/sandbox/media_type.hpp>

#include <cstddef>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail::sandboxed {

AUDITOR_DECL bool is_token(char c) noexcept {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

AUDITOR_DECL bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 32) : c; };
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (lower(a[i]) != lower(b[i])) return false;
  return true;
}

AUDITOR_DECL bool media_type::is_json() {
  if (!read_token() || !read('/')) return false;
  const std::size_t begin = i_;
  if (!read_token()) return false;
  const std::string_view subtype = text_.substr(begin, i_ - begin);
  if (i_ < text_.size() && (!read(';') || !read_parameters())) return false;
  const std::size_t plus = subtype.rfind('+');
  if (plus == 0 || plus == std::string_view::npos) return equal_ignoring_case(subtype, "json");
  return equal_ignoring_case(subtype.substr(0, plus), "json") || equal_ignoring_case(subtype.substr(plus + 1), "json");
}

AUDITOR_DECL bool media_type::read(char c) noexcept {
  if (i_ == text_.size() || text_[i_] != c) return false;
  ++i_;
  return true;
}

AUDITOR_DECL bool media_type::read_token() noexcept {
  const std::size_t begin = i_;
  while (i_ < text_.size() && is_token(text_[i_])) ++i_;
  return i_ > begin;
}

AUDITOR_DECL bool media_type::read_parameters() noexcept {
  while (i_ < text_.size()) {
    if (read(' ')) continue;
    if (!read_token() || !read('=') || !(read('"') ? read_quoted() : read_unquoted())) return false;
  }
  return true;
}

AUDITOR_DECL bool media_type::read_unquoted() noexcept {
  const bool empty = !read_token();
  return i_ == text_.size() || (!empty && read(';'));
}

AUDITOR_DECL bool media_type::read_quoted() noexcept {
  const std::size_t begin = i_;
  while (i_ < text_.size() && (text_[i_] != '"' || i_ == begin)) {
    if (text_[i_] < ' ' || text_[i_] > '~') return false;
    ++i_;
  }
  if (!read('"')) return false;
  while (read(' ')) {
  }
  return i_ == text_.size() || read(';');
}

}  // namespace detail::sandboxed
}  // namespace AUDITOR_ABI
}  // namespace auditor
