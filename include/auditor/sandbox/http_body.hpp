// Reads the body of a request as it comes, with or without chunks, as the server's HTTP library does. For the sandbox over HTTP alone.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/sandbox/http_head.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail::sandboxed {

class http_body_reader {
 public:
  enum class outcome : std::uint8_t { whole, partial, broken };

  http_body_reader() = default;
  explicit http_body_reader(const http_head& head) noexcept
      : kind_(head.body), left_(head.length), at_(head.body == http_head::body_kind::none ? part::end : part::size_first) {}

  bool is_whole() const noexcept { return at_ == part::end; }
  bool is_chunked() const noexcept { return kind_ == http_head::body_kind::chunked; }

  /// How much is missing of a body whose length was announced.
  std::uint64_t left() const noexcept { return kind_ == http_head::body_kind::counted ? left_ : 0; }

  /// Takes what belongs to the body from the front of `input`; `take` gets the content piece by piece.
  template <class Take>
  outcome read(std::string_view& input, const Take& take) {
    while (!is_whole() && !input.empty())
      if (!read_some(input, take)) return outcome::broken;
    return is_whole() ? outcome::whole : outcome::partial;
  }

 private:
  enum class part : std::uint8_t {
    size_first,
    size_rest,
    size_space,
    extension,
    size_line_end,
    data,
    data_return,
    data_line_end,
    trailer,
    trailer_line_end,
    end_return,
    end_line_end,
    end
  };

  template <class Take>
  bool read_some(std::string_view& input, const Take& take) {
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

  bool go(part next) noexcept {
    at_ = next;
    return true;
  }
  bool go_behind_size(char c) noexcept {
    if (c == '\r') return go(part::size_line_end);
    if (c == ';') return go(part::extension);
    return (c == ' ' || c == '\t') && go(part::size_space);
  }
  bool take_digit(char c) noexcept {
    const char lower = static_cast<char>(c | 32);
    const bool is_number = c >= '0' && c <= '9';
    if ((!is_number && (lower < 'a' || lower > 'f')) || left_ >> 60 != 0) return false;
    left_ = 16 * left_ + static_cast<std::uint64_t>(is_number ? c - '0' : lower - 'a' + 10);
    return go(part::size_rest);
  }

  http_head::body_kind kind_ = http_head::body_kind::none;
  std::uint64_t left_ = 0;
  part at_ = part::end;
};

}  // namespace detail::sandboxed
}  // namespace AUDITOR_ABI
}  // namespace auditor
