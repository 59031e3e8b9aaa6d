// Bodies of query/refusal.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/query/refusal.hpp>

#include <cstddef>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

AUDITOR_DECL error invalid_query(std::string_view words) noexcept {
  error e(errc::invalid_query, words);
  e.outcome = outcome::rejected;
  return e;
}

AUDITOR_DECL error& add_shortened(error& e, std::string_view text, std::size_t most) noexcept {
  if (text.size() <= most) return e.more(text);
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0u) == 0x80u) --most;  // not inside a character
  return e.more(text.substr(0, most)).more("...");
}

AUDITOR_DECL error invalid_parameter(std::string_view parameter, std::string_view name) noexcept {
  error e = invalid_query(parameter);
  if (!name.empty()) add_shortened(e.more("["), name, 60).more("]");
  return e;
}

AUDITOR_DECL error two_components(std::string_view first, std::string_view second) noexcept {
  error e = invalid_query("component[");
  add_shortened(e, first, 24).more("] and component[");
  return add_shortened(e, second, 24).more("]: the server never finds two different components together");
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
