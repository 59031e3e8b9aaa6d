// UTF-8: what is valid, how long it is, and what counts as blank. As strict as the server.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/config.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_MODEL_ABI {
namespace model_detail {

constexpr std::uint32_t byte_at(std::string_view text, std::size_t i) noexcept {
  return static_cast<unsigned char>(text[i]);
}

// By arithmetic: a table is more code.
constexpr char hex_character(std::uint32_t value) noexcept {
  return static_cast<char>(value < 10 ? '0' + value : 'a' - 10 + value);
}

// One word, which a small processor returns in a register.
struct utf8_character {
  std::uint32_t length : 8 = 0;  // in bytes; 0: there is none
  std::uint32_t code_point : 24 = 0;
};

// The character whose well-formed sequence begins there; `left`: bytes up to the end of the text, at least one.
constexpr utf8_character utf8_at(const char* from, std::size_t left) noexcept {
  const std::uint32_t lead = static_cast<unsigned char>(*from);
  if (lead < 0x80) return {1, lead & 0x7Fu};
  if (lead < 0xC2 || lead > 0xF4) return {};  // a continuation, two bytes where one would do, or past 10FFFF
  const std::uint32_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  if (left < length) return {};
  std::uint32_t code_point = lead & (0x7Fu >> length);
  for (std::uint32_t i = 1; i < length; ++i) {
    const std::uint32_t next = static_cast<unsigned char>(from[i]);
    if ((next & 0xC0u) != 0x80u) return {};
    code_point = code_point << 6 | (next & 0x3Fu);
  }
  if (length == 3 && (code_point < 0x800 || (code_point >> 11) == 0x1B)) return {};  // overlong, or a surrogate
  if (length == 4 && (code_point < 0x10000 || code_point > 0x10FFFF)) return {};
  return {length & 7u, code_point & 0x1FFFFFu};
}

// The bytes of the well-formed sequence that begins at `at`; 0: there is none.
constexpr std::size_t utf8_sequence_length(std::string_view text, std::size_t at) noexcept {
  return utf8_at(text.data() + at, text.size() - at).length;
}

// The Unicode property White_Space, which is what Rust trims.
constexpr bool is_white_space(char32_t c) noexcept {
  return (c >= 0x09 && c <= 0x0D) || c == 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) ||
         c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

// Not a control character (of C0 or C1), a separator of lines, or a mark that changes the direction of what is shown.
constexpr bool is_printable(char32_t c) noexcept {
  return c >= 0x20 && (c < 0x7F || c > 0x9F) && c != 0x061C && c != 0x200E && c != 0x200F && (c < 0x2028 || c > 0x202E) &&
         (c < 0x2066 || c > 0x2069);
}

}  // namespace model_detail

/// The length of the longest beginning that is valid UTF-8; `text.size()` when all of it is.
std::size_t valid_utf8_prefix(std::string_view text) noexcept;

/// True when all of it is valid UTF-8. Overlong forms, surrogates and what lies above 10FFFF are not.
bool is_utf8(std::string_view text) noexcept;

/// The number of characters (code points, not grapheme clusters) of a valid text.
constexpr std::size_t count_code_points(std::string_view text) noexcept {
  std::size_t count = 0;
  for (const char c : text) count += (static_cast<unsigned char>(c) & 0xC0u) != 0x80u ? 1u : 0u;
  return count;
}

/// True when nothing but white space is there, by Unicode's list of it. An invalid byte is something.
constexpr bool is_blank(std::string_view text) noexcept {
  for (std::size_t at = 0; at < text.size();) {
    const model_detail::utf8_character c = model_detail::utf8_at(text.data() + at, text.size() - at);
    if (c.length == 0 || !model_detail::is_white_space(c.code_point)) return false;
    at += c.length;
  }
  return true;
}

/// Writes a character as UTF-8 and returns the number of bytes, 1 to 4.
/// **Ranges**: at most 10FFFF, and not a surrogate.
constexpr std::size_t append_utf8(char32_t code_point, char* to) noexcept {
  if (code_point < 0x80) {
    to[0] = static_cast<char>(code_point);
    return 1;
  }
  const std::size_t length = code_point < 0x800 ? 2 : code_point < 0x10000 ? 3 : 4;
  for (std::size_t i = length; --i > 0; code_point >>= 6) to[i] = static_cast<char>(0x80u | (code_point & 0x3Fu));
  to[0] = static_cast<char>(0xF00u >> length | code_point);
  return length;
}

}  // namespace AUDITOR_MODEL_ABI
}  // namespace auditor

#if AUDITOR_BODIES
#include <auditor/impl/base/utf8.ipp>
#endif
