// How the server measures a name: in extended grapheme clusters, and what it calls blank. For the sandbox alone.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/sandbox/bodies.hpp>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail::sandboxed {

struct code_points {
  char32_t first;
  char32_t last;
};

template <std::size_t Size>
bool contains(const code_points (&ranges)[Size], char32_t c) noexcept {
  const auto* after = std::upper_bound(std::begin(ranges), std::end(ranges), c,
                                       [](char32_t value, const code_points& range) { return value < range.first; });
  return after != std::begin(ranges) && c <= std::prev(after)->last;
}

/// The code point at `i`, which moves behind it. The text must be UTF-8, as all text is that comes this far.
char32_t next_code_point(std::string_view text, std::size_t& i) noexcept;

/// The number of leading bytes of a text that are UTF-8.
std::size_t valid_utf8(std::string_view text) noexcept;

/// White_Space, as the server trims it.
bool is_white(char32_t c) noexcept;

std::string_view without_leading_white(std::string_view text) noexcept;

inline bool is_blank(std::string_view text) noexcept { return without_leading_white(text).empty(); }

enum class cluster_part {
  other,
  carriage_return,
  line_feed,
  control,
  extending,
  spacing,
  joiner,
  regional,
  prepend,
  l,
  v,
  t,
  lv,
  lvt,
  picture
};

// The tables are those of the Unicode Character Database, 17.0, as in the server.
// Extend: also what the server's language escapes in quotations.
bool is_extending(char32_t c) noexcept;

// SpacingMark.
bool is_spacing(char32_t c) noexcept;

// Consonants and viramas that make a conjunct: क्ष is one cluster.
bool is_conjunct_consonant(char32_t c) noexcept;
bool is_virama(char32_t c) noexcept;

cluster_part part_of(char32_t c) noexcept;

/// The number of extended grapheme clusters (Unicode Standard Annex 29).
std::size_t count_graphemes(std::string_view text) noexcept;

}  // namespace detail::sandboxed
}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_SANDBOX_BODIES
#include <auditor/impl/sandbox/graphemes.ipp>
#endif
