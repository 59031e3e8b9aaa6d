// Bodies of sandbox/http_body.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/sandbox/http_body.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail::sandboxed {

inline http_body_reader::http_body_reader(const http_head& head) noexcept
    : kind_(head.body), left_(head.length), at_(head.body == http_head::body_kind::none ? part::end : part::size_first) {}

template <class Take>
inline bool http_body_reader::read_some(std::string_view& input, const Take& take) {
  using enum part;
  if (kind_ != http_head::body_kind::chunked || at_ == data) {
    const bool bounded = kind_ != http_head::body_kind::until_end;
    const std::size_t size =
        bounded ? static_cast<std::size_t>((std::min)(std::uint64_t{input.size()}, left_)) : input.size();
    take(input.substr(0, size));
    input.remove_prefix(size);
    if (!bounded) return true;
    left_ -= size;
    if (left_ == 0) at_ = kind_ == http_head::body_kind::chunked ? data_return : end;
    return true;
  }
  const char c = input.front();
  input.remove_prefix(1);
  switch (at_) {
    case size_first: left_ = 0; return take_digit(c);
    case size_rest: return take_digit(c) || go_behind_size(c);
    case size_space: return c == ' ' || c == '\t' || go_behind_size(c);
    case extension:
      if (c == '\r') return go(size_line_end);
      return c == '\t' || (static_cast<unsigned char>(c) >= ' ' && c != 0x7F);
    case size_line_end: return c == '\n' && go(left_ > 0 ? data : end_return);
    case data_return: return c == '\r' && go(data_line_end);
    case data_line_end: return c == '\n' && go(size_first);
    case trailer: return c != '\r' || go(trailer_line_end);
    case trailer_line_end: return c == '\n' && go(end_return);
    case end_return: return go(c == '\r' ? end_line_end : trailer);
    case end_line_end: return c == '\n' && go(end);
    case data:
    case end: break;
  }
  return false;
}

inline bool http_body_reader::go(part next) noexcept {
  at_ = next;
  return true;
}

inline bool http_body_reader::go_behind_size(char c) noexcept {
  if (c == '\r') return go(part::size_line_end);
  if (c == ';') return go(part::extension);
  return (c == ' ' || c == '\t') && go(part::size_space);
}

inline bool http_body_reader::take_digit(char c) noexcept {
  const char lower = static_cast<char>(c | 32);
  const bool is_number = c >= '0' && c <= '9';
  if ((!is_number && (lower < 'a' || lower > 'f')) || left_ >> 60 != 0) return false;
  left_ = 16 * left_ + static_cast<std::uint64_t>(is_number ? c - '0' : lower - 'a' + 10);
  return go(part::size_rest);
}

}  // namespace detail::sandboxed
}  // namespace AUDITOR_ABI
}  // namespace auditor
