// The limits of one blocking step: how long it may take, and the flag that ends it early.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/config.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <type_traits>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

// Whether a process can be two here.
#if defined(__unix__) || defined(__APPLE__)
inline constexpr bool has_fork = true;
#else
inline constexpr bool has_fork = false;
#endif

// How many fork()s led to this process, since somebody began to count: executor/process.hpp does.
inline std::atomic<unsigned> forks{0};

}  // namespace detail

/// Durations and moments of the library. Moments are those of an executor's own monotonic clock.
using ticks = std::chrono::duration<std::int64_t, std::milli>;

/// A length of time of an option, or none: `{.timeout = 10s}`. A number alone does not compile. **Units**: any of `<chrono>` that is
/// not finer than milliseconds.
class AUDITOR_EXPORT optional_ticks : public std::optional<ticks> {
 public:
  using std::optional<ticks>::optional;
  using std::optional<ticks>::operator=;
  /// Does not compile: the error says what to write.
  template <class Number>
    requires std::is_arithmetic_v<Number>
  constexpr optional_ticks(Number) noexcept {
    static_assert(!std::is_arithmetic_v<Number>, "give the unit: {.timeout = std::chrono::seconds(10)}, or 10s");
  }
};

/// Ends calls early.
///
/// ```cpp
/// auditor::cancel_flag stop;                                         // set by a handler of SIGTERM: stop.request();
/// client.for_each(query, visitor, {.cancel = &stop});                // ends with `cancelled` within 250 ms
/// ```
/// **Threads**: `request()` may come from any thread and from a signal handler; whoever waits looks at
/// the flag at least every 100 ms. **Lifetime**: longer than each call that was given it.
class AUDITOR_EXPORT cancel_flag {
 public:
  cancel_flag() = default;
  cancel_flag(const cancel_flag&) = delete;
  cancel_flag& operator=(const cancel_flag&) = delete;

  /// Whether it was requested.
  explicit operator bool() const noexcept;
  /// Ends every call that was given this flag, and those that will be, until `reset`.
  void request() noexcept;
  /// Calls that begin from now on are not ended.
  void reset() noexcept;

 private:
  std::atomic<bool> requested_{false};
};

/// What a transport must keep to in one `open` or `read`.
struct AUDITOR_EXPORT call {
  ticks timeout{(ticks::max)()};           ///< the longest this one step may take; past it, the error is `timed_out`
  const cancel_flag* cancelled = nullptr;  ///< looked at every 100 ms while waiting; may be null

  /// Whether there is a flag, and it is set.
  bool is_cancelled() const noexcept { return cancelled != nullptr && *cancelled; }
};

}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_BODIES
#include <auditor/impl/http/call.ipp>
#endif
