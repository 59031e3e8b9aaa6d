// Bodies of base/name.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/name.hpp>
#include <auditor/base/utf8.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_MODEL_ABI {
namespace model_detail {

// No byte 0 and none above 0x7F.
inline bool is_plain_ascii(std::string_view text) noexcept {
  constexpr std::uint64_t ones = 0x0101010101010101u;
  const char* const from = text.data();
  const auto word_at = [from](std::size_t at) {
    std::uint64_t word = 0;
    std::memcpy(&word, from + at, sizeof word);
    return word;
  };
  const std::size_t size = text.size();
  std::uint64_t bad = 0;
  if (size >= 8) {
    for (std::size_t at = 0; at + 8 < size; at += 8) bad |= word_at(at) | (word_at(at) - ones);
    bad |= word_at(size - 8) | (word_at(size - 8) - ones);
  } else {
    for (const char c : text) bad |= c <= '\0' || static_cast<unsigned char>(c) > 0x7F ? 0x80u : 0u;
  }
  return (bad & (ones << 7)) == 0;
}

AUDITOR_DECL name_fault check_name(std::string_view name) noexcept {
  if (!name.empty() && name.size() <= longest_name && name.front() > ' ' && is_plain_ascii(name)) return name_fault::none;
  if (is_blank(name)) return name_fault::blank;
  if (!is_utf8(name)) return name_fault::not_utf8;
  if (name.find('\0') != std::string_view::npos) return name_fault::null_character;
  if (name.size() > longest_name && count_code_points(name) > longest_name) return name_fault::too_long;
  return name_fault::none;
}

AUDITOR_DECL void explain_name_fault(error& e, name_fault fault, std::string_view name) noexcept {
  switch (fault) {
    case name_fault::none: break;
    case name_fault::blank: e.more(name.empty() ? ": must not be empty" : ": must not be blank"); break;
    case name_fault::not_utf8:
      e.more(": must be valid UTF-8, is not at byte ").more(std::uint64_t{valid_utf8_prefix(name)});
      break;
    case name_fault::null_character:
      e.more(": must not hold U+0000, does at byte ").more(std::uint64_t{name.find('\0')});
      break;
    case name_fault::too_long:
      e.more(": must have at most ").more(std::uint64_t{longest_name}).more(" characters, has ");
      e.more(std::uint64_t{count_code_points(name)});
      break;
  }
}

}  // namespace model_detail
}  // namespace AUDITOR_MODEL_ABI
}  // namespace auditor

namespace auditor {
inline namespace AUDITOR_ABI {

AUDITOR_DECL result<void> validate_name(model_detail::borrowed_text field, model_detail::borrowed_text name, errc code) {
  const model_detail::name_fault fault = model_detail::check_name(name);
  if (fault == model_detail::name_fault::none) return {};
  error e(code, field);
  e.outcome = outcome::rejected;
  model_detail::explain_name_fault(e, fault, name);
  return e;
}

}  // namespace AUDITOR_ABI
}  // namespace auditor
