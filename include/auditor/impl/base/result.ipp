// Bodies of base/result.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/message.hpp>
#include <auditor/base/result.hpp>

#if AUDITOR_EXCEPTIONS
namespace auditor {
inline namespace AUDITOR_ABI {

AUDITOR_DECL failure::failure(const auditor::error& e) : error_(e), what_(message(e)) {}

}  // namespace AUDITOR_ABI
}  // namespace auditor
#endif

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

// Where code is small the error's own words have to do: the message of it would be made on the heap.
[[noreturn]] inline void panic_about(const char* mistake, const error& e) noexcept {
  if constexpr (compact)
    panic(error(errc::ok, mistake).more(e.words()).words());
  else
    panic(mistake + message(e));
}

AUDITOR_DECL void fail([[maybe_unused]] const error& e) {
#if AUDITOR_EXCEPTIONS
  throw failure(e);
#else
  panic_about("value() of an error: ", e);
#endif
}

AUDITOR_DECL void expect_value([[maybe_unused]] bool has_value, [[maybe_unused]] const error& e) noexcept {
#if AUDITOR_ASSERT
  if (!has_value) panic_about("a result was dereferenced that has no value: ", e);
#endif
}

}  // namespace detail

AUDITOR_DECL void result<void>::value() const {
  if (!has_value()) detail::fail(error_);
}

AUDITOR_DECL void result<void>::operator*() const noexcept { detail::expect_value(has_value(), error_); }

}  // namespace AUDITOR_ABI
}  // namespace auditor
