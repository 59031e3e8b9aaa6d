// Bodies of base/percent.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/percent.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_MODEL_ABI {
namespace model_detail {

constexpr bool is_plain_in_url(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '*' || c == '-' || c == '.' || c == '_';
}

AUDITOR_DECL void append_percent_byte(std::string& to, char c) {
  constexpr char digits[] = "0123456789ABCDEF";
  const auto byte = static_cast<unsigned char>(c);
  const char encoded[3] = {'%', digits[byte >> 4], digits[byte & 0xFu]};
  to.append(encoded, sizeof encoded);
}

}  // namespace model_detail

AUDITOR_DECL void append_percent_encoded(std::string& to, std::string_view raw) {
  std::size_t plain = 0;  // where the run of bytes that need no encoding begins
  for (std::size_t i = 0; i < raw.size(); ++i) {
    if (model_detail::is_plain_in_url(raw[i])) continue;
    to.append(raw.data() + plain, i - plain);
    model_detail::append_percent_byte(to, raw[i]);
    plain = i + 1;
  }
  to.append(raw.data() + plain, raw.size() - plain);
}

AUDITOR_DECL void append_query_key(std::string& to, std::string_view key) {
  if (!key.empty() && model_detail::is_digit(key.front())) {
    model_detail::append_percent_byte(to, key.front());
    key.remove_prefix(1);
  }
  append_percent_encoded(to, key);
}

}  // namespace AUDITOR_MODEL_ABI
}  // namespace auditor
