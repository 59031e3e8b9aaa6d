// Bodies of base/name.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/name.hpp>
#include <auditor/base/utf8.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

// No byte 0 and none above 0x7F. A byte 0 borrows from those above it, which then may look bad, too: it is bad itself.
inline bool is_plain_ascii(std::string_view text) noexcept {
  constexpr std::uint64_t ones = 0x0101010101010101u;
  const char* const from = text.data();
  const auto load = [from](auto word, std::size_t at) {
    std::memcpy(&word, from + at, sizeof word);
    return word;
  };
  const auto found_in = [](std::uint64_t word) { return word | (word - ones); };
  const std::size_t size = text.size();
  std::uint64_t bad = 0;
  if (size >= 8) {
    for (std::size_t at = 0; at + 8 < size; at += 8) bad |= found_in(load(std::uint64_t{}, at));
    bad |= found_in(load(std::uint64_t{}, size - 8));
  } else if (size >= 4) {
    bad = found_in(load(std::uint32_t{}, 0) | std::uint64_t{load(std::uint32_t{}, size - 4)} << 32);
  } else {
    for (const char c : text) bad |= c <= '\0' || static_cast<unsigned char>(c) > 0x7F ? 0x80u : 0u;
  }
  return (bad & (ones << 7)) == 0;
}

// What nearly all names are, and of these no rule is broken.
inline bool is_usual_name(std::string_view name) noexcept {
  return !name.empty() && name.size() <= longest_name && name.front() > ' ' && is_plain_ascii(name);
}

AUDITOR_DECL void broken_rule::explain(error& to) const noexcept {
  to.more(words);
  if (number != no_number) to.more(std::uint64_t{number});
}

AUDITOR_DECL broken_rule check_name(std::string_view name) noexcept {
  if constexpr (!compact)
    if (is_usual_name(name)) return {};
  static_assert(longest_name == 256);
  bool is_blank = true;
  std::size_t null_at = broken_rule::no_number;
  std::size_t count = 0;
  for (std::size_t at = 0; at < name.size(); ++count) {
    const utf8_character c = utf8_at(name.data() + at, name.size() - at);
    if (c.length == 0) return {": is not UTF-8 at byte ", at};
    if (!is_white_space(c.code_point)) is_blank = false;
    if (c.code_point == 0) null_at = (std::min)(null_at, at);
    at += c.length;
  }
  if (name.empty()) return {": must not be empty"};
  if (is_blank) return {": must not be blank"};
  if (null_at != broken_rule::no_number) return {": holds U+0000 at byte ", null_at};
  if (count > longest_name) return {": has more than 256 characters: ", count};
  return {};
}

}  // namespace detail

AUDITOR_DECL result<void> validate_name(model_detail::borrowed_text field, model_detail::borrowed_text name, errc code) {
  const detail::broken_rule broken = detail::check_name(name);
  if (!broken) return {};
  error e(code, field);
  e.outcome = outcome::rejected;
  broken.explain(e);
  return e;
}

}  // namespace AUDITOR_ABI
}  // namespace auditor
