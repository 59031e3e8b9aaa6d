// Bodies of operation/read/id_hash.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/impl/json/word.hpp>
#include <auditor/operation/read/id_hash.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

AUDITOR_DECL void id_hash::add(std::string_view id) noexcept {
  const char* p = id.data();
  std::size_t left = id.size();
  if constexpr (!compact) {
    for (; left >= 8; p += 8, left -= 8) mix(load_word(p));
    if (left != 0) mix(load_part(p, left));
  } else {
    for (; left != 0; ++p, --left) mix(static_cast<unsigned char>(*p));
  }
  mix(id.size());  // where the id ends
}

AUDITOR_DECL void id_hash::mix(std::uint64_t value) noexcept {
  value_ = (value_ ^ value) * 1099511628211u;
  if constexpr (!compact) value_ ^= value_ >> 32;  // what is high in a word reaches all of it
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
