// What is said before a program that broke a rule is ended, and who hears it.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/config.hpp>

#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {

/// Hears why the program is about to end: "a read failed, and nobody asked finish(): ...". When it returns, `std::abort`
/// follows. **Lifetime** of the sentence: the call.
using panic_hook = void (*)(std::string_view sentence) noexcept;

namespace detail {

[[noreturn]] void panic(std::string_view sentence) noexcept;

/// A rule that the program keeps to, as a sentence. Looked at in debug builds alone.
void expect([[maybe_unused]] bool held, [[maybe_unused]] std::string_view rule) noexcept;

}  // namespace detail

/// Who hears of a panic from now on; null: standard error, as at first. Returns who did until now.
///
/// A panic is a mistake of the program, not an error: the library comes to one when a failed read goes unheard of, when a
/// build without exceptions asks `value()` of an error, and in a debug build where a rule of its documentation is broken.
///
/// ```cpp
/// auditor::set_panic_hook([](std::string_view why) noexcept { syslog(LOG_CRIT, "%.*s", int(why.size()), why.data()); });
/// ```
/// **Threads**: any. **Lifetime**: to the end of the program, for each build mode of the library in it (config.hpp).
panic_hook set_panic_hook(panic_hook hears) noexcept;

}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_BODIES
#include <auditor/impl/base/panic.ipp>
#endif
