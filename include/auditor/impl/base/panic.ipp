// Bodies of base/panic.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/panic.hpp>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

// A board has no standard error, and abort() would bring the signals of its libc along.
#if AUDITOR_COMPACT && !AUDITOR_THREADS && defined(__GNUC__)
inline void write_panic(std::string_view) noexcept {}
[[noreturn]] inline void end_program() noexcept { __builtin_trap(); }
#else
inline void write_panic(std::string_view sentence) noexcept {
  std::fprintf(stderr, "auditor: %.*s\n", static_cast<int>(sentence.size()), sentence.data());
}
[[noreturn]] inline void end_program() noexcept { std::abort(); }
#endif

inline std::atomic<panic_hook> current_panic_hook{&write_panic};

AUDITOR_DECL void panic(std::string_view sentence) noexcept {
  current_panic_hook.load()(sentence);
  end_program();
}

AUDITOR_DECL void expect([[maybe_unused]] bool held, [[maybe_unused]] std::string_view rule) noexcept {
#if AUDITOR_ASSERT
  if (!held) panic(rule);
#endif
}

}  // namespace detail

AUDITOR_DECL panic_hook set_panic_hook(panic_hook hears) noexcept {
  return detail::current_panic_hook.exchange(hears != nullptr ? hears : &detail::write_panic);
}

}  // namespace AUDITOR_ABI
}  // namespace auditor
