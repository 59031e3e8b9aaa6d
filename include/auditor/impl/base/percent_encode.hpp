// Percent encoding into any text that appends: the one loop behind the strings of users and the texts of calls.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/config.hpp>

#include <cstddef>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_MODEL_ABI {
namespace model_detail {

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

constexpr bool is_plain_in_url(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '*' || c == '-' || c == '.' || c == '_';
}

template <class Text>
void percent_encode_byte(Text& to, char c) {
  static constexpr char digits[] = "0123456789ABCDEF";
  const auto byte = static_cast<unsigned char>(c);
  const char encoded[3] = {'%', digits[byte >> 4], digits[byte & 0xFu]};
  to.append(std::string_view(encoded, sizeof encoded));
}

template <class Text>
void percent_encode(Text& to, std::string_view raw) {
  for (const char c : raw)
    if (is_plain_in_url(c))
      to.push_back(c);
    else
      percent_encode_byte(to, c);
}

// A first digit is encoded too: the server takes `[2nd]` for an index of an array.
template <class Text>
void percent_encode_key(Text& to, std::string_view key) {
  if (!key.empty() && is_digit(key.front())) {
    percent_encode_byte(to, key.front());
    key.remove_prefix(1);
  }
  percent_encode(to, key);
}

}  // namespace model_detail
}  // namespace AUDITOR_MODEL_ABI
}  // namespace auditor
