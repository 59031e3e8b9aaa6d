// Makes an error anew where it is kept: each temporary would be 288 bytes of a small stack.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/error.hpp>

#include <memory>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

/// **Lifetime**: the words are none of this error's own.
inline error& set_error(error& kept, errc code, const char* words) noexcept {
  std::construct_at(&kept, code);
  return kept.say(words);
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
