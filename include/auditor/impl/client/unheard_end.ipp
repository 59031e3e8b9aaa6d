// Bodies of client/unheard_end.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/message.hpp>
#include <auditor/base/panic.hpp>
#include <auditor/client/unheard_end.hpp>

#include <exception>
#include <string>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

AUDITOR_DECL void unheard_end::check(const result<read_summary>& ended) const noexcept {
  if (heard_ || is_exception_passing()) return;
  if (!ended) {
    constexpr std::string_view unheard = "a read failed, and nobody asked finish(): ";
    if constexpr (compact) {  // without a heap
      error said(ended.error().code, unheard);
      panic(said.more(to_string(said.code)).more(", ").more(ended.error().words()).words());
    } else {
      panic(std::string(unheard) + message(ended.error()));
    }
  }
  expect(false, "a stream came to its end, and nobody asked finish(), which tells an end from an error");
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_EXCEPTIONS
namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

AUDITOR_DECL bool unheard_end::is_exception_passing() const noexcept {
  return std::uncaught_exceptions() > passing_before_;
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
#endif
