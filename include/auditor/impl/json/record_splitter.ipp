// Bodies of json/record_splitter.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/impl/json/word.hpp>
#include <auditor/json/record_splitter.hpp>

#include <cstddef>
#include <cstdint>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

AUDITOR_DECL void record_splitter::restart() noexcept { *this = record_splitter(); }

AUDITOR_DECL const char* record_splitter::find_end(const char* p, const char* end) noexcept {
  for (; !compact && end - p >= 8; p += 8) {
    const std::uint64_t word = load_word(p);
    const std::uint64_t folded = word | repeat_byte(0x20);  // makes brackets braces, and nothing else
    std::uint64_t finds =
        bytes_equal(word, '"') | bytes_equal(word, '\\') | bytes_equal(folded, '{') | bytes_equal(folded, '}');
    if (escaped_) {
      finds &= ~std::uint64_t{0xFF};
      escaped_ = false;
    }
    for (; finds != 0; finds &= finds - 1) {
      const std::size_t i = first_byte(finds);
      if (step(p[i])) return p + i + 1;
      if (escaped_ && i < 7) {  // what is behind the last character is in the next word
        finds &= ~(std::uint64_t{0xFF} << (8 * (i + 1)));
        escaped_ = false;
      }
    }
  }
  for (; p != end; ++p) {
    if (escaped_)
      escaped_ = false;
    else if (step(*p))
      return p + 1;
  }
  return nullptr;
}

AUDITOR_DECL bool record_splitter::step(char c) noexcept {
  if (in_string_) {
    if (c == '"') in_string_ = false;
    if (c == '\\') escaped_ = true;
    return false;
  }
  switch (c) {
    case '"': in_string_ = true; return false;
    case '{':
    case '[': ++depth_; return false;
    case '}':
    case ']': return --depth_ == 0;
    default: return false;
  }
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
