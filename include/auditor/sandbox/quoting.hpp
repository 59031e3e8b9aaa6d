// A string in quotation marks, as the server's language prints it in error messages. Sandbox alone.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/sandbox/graphemes.hpp>

#include <cstdio>
#include <string>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail::sandboxed {

/// What is escaped: what extends the character before it, and what shows nothing. (Of the code points that Unicode has not
/// given away only the larger ranges are here.)
inline bool is_printable(char32_t c) noexcept {
  static constexpr code_points hidden[] = {
      {0x7F, 0xA0},       {0xAD, 0xAD},       {0x600, 0x605},     {0x61C, 0x61C},     {0x6DD, 0x6DD},
      {0x70F, 0x70F},     {0x890, 0x891},     {0x8E2, 0x8E2},     {0x1680, 0x1680},   {0x180E, 0x180E},
      {0x2000, 0x200B},   {0x200D, 0x200F},   {0x2028, 0x202F},   {0x205F, 0x2064},   {0x2066, 0x206F},
      {0x3000, 0x3000},   {0xD7FC, 0xF8FF},   {0xFEFF, 0xFEFF},   {0xFFF9, 0xFFFB},   {0x101FE, 0x1027F},
      {0x107BB, 0x107FF}, {0x10BB0, 0x10BFF}, {0x10D90, 0x10E5F}, {0x110BD, 0x110BD}, {0x110CD, 0x110CD},
      {0x114DA, 0x1157F}, {0x11747, 0x117FF}, {0x1183C, 0x1189F}, {0x1195A, 0x1199F}, {0x11B0A, 0x11B5F},
      {0x11B68, 0x11BBF}, {0x11CB7, 0x11CFF}, {0x11DEA, 0x11EDF}, {0x11F5B, 0x11FAF}, {0x1239A, 0x123FF},
      {0x12544, 0x12F8F}, {0x13430, 0x13438}, {0x14647, 0x160FF}, {0x1613A, 0x167FF}, {0x16B90, 0x16D3F},
      {0x16D7A, 0x16E3F}, {0x16FA0, 0x16FDF}, {0x18D1F, 0x18D7F}, {0x18DF3, 0x1AFEF}, {0x1B2FC, 0x1BBFF},
      {0x1BCA0, 0x1CBFF}, {0x1D173, 0x1D17A}, {0x1D246, 0x1D2BF}, {0x1D379, 0x1D3FF}, {0x1DAB0, 0x1DEFF},
      {0x1DF2B, 0x1DFFF}, {0x1E090, 0x1E0FF}, {0x1E150, 0x1E28F}, {0x1E300, 0x1E4CF}, {0x1E4FA, 0x1E5CF},
      {0x1E600, 0x1E6BF}, {0x1E700, 0x1E7DF}, {0x1E960, 0x1EC70}, {0x1ECB5, 0x1ED00}, {0x1ED3E, 0x1EDFF},
      {0x1EEF2, 0x1EFFF}, {0x1F266, 0x1F2FF}, {0x1FBFB, 0x1FFFF}, {0x2EE5E, 0x2F7FF}, {0x2FA1E, 0x2FFFF},
      {0x3347A, 0xE001F}, {0xE0080, 0xE00FF}, {0xE01F0, 0x10FFFF}};
  if (c >= 0x20 && c < 0x7F) return true;
  return c >= 0x20 && !contains(hidden, c) && (!is_extending(c) || (c >= 0x1F3FB && c <= 0x1F3FF));
}

inline std::string print_quoted(std::string_view text) {
  std::string out = "\"";
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t begin = i;
    const char32_t c = next_code_point(text, i);
    switch (c) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      case '\0': out += "\\0"; break;
      default:
        if (is_printable(c)) {
          out.append(text, begin, i - begin);
        } else {
          char escaped[16];
          std::snprintf(escaped, sizeof escaped, "\\u{%x}", static_cast<unsigned>(c));
          out += escaped;
        }
    }
  }
  return out + "\"";
}

}  // namespace detail::sandboxed
}  // namespace AUDITOR_ABI
}  // namespace auditor
