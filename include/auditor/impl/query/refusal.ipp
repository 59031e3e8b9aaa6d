// Bodies of query/refusal.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/query/refusal.hpp>

#include <cstddef>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

[[gnu::noinline]] AUDITOR_DECL bool refuse(error& why, const char* words) noexcept {
  why.code = errc::invalid_query;
  why.outcome = outcome::rejected;
  why.say(words);
  return false;
}

[[gnu::noinline]] AUDITOR_DECL bool refuse(error& why, const char* parameter, std::string_view name,
                                           const char* rule) noexcept {
  refuse(why, parameter);
  if (!name.empty()) add_shortened(why.more("["), name, 60).more("]");
  why.more(rule);
  return false;
}

[[gnu::noinline]] AUDITOR_DECL bool refuse(error& why, const char* parameter, const broken_rule& broken) noexcept {
  refuse(why, parameter);
  broken.explain(why);
  return false;
}

AUDITOR_DECL bool refuse_limit(error& why) noexcept { return refuse(why, "limit: must be 0 .. 9223372036854775807"); }

AUDITOR_DECL error invalid_query(const char* words) noexcept {
  error e;
  refuse(e, words);
  return e;
}

AUDITOR_DECL error& add_shortened(error& e, std::string_view text, std::size_t most) noexcept {
  if (text.size() <= most) return e.more(text);
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0u) == 0x80u) --most;  // not inside a character
  return e.more(std::string_view(text.data(), most)).more("...");
}

AUDITOR_DECL error two_components(std::string_view first, std::string_view second) noexcept {
  error e = invalid_query("component[");
  add_shortened(e, first, 24).more("] and component[");
  return add_shortened(e, second, 24).more("]: the server never finds two different components together");
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
