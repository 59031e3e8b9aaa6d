// What an executor is: the clock, the randomness and the waiting of a client. Injected, so that no test has to sleep.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/http/call.hpp>

#include <concepts>
#include <cstdint>

namespace auditor {
inline namespace AUDITOR_ABI {

namespace detail {

// The parts of both kinds, one for each sentence of explain().
template <class Executor>
concept has_clock = requires(Executor& executor) {
  { executor.now() } -> std::same_as<ticks>;
};
template <class Executor>
concept has_randomness = requires(Executor& executor) {
  { executor.random() } -> std::same_as<std::uint64_t>;
};
template <class Executor>
concept sleeps =
    requires(Executor& executor, ticks time, const cancel_flag* cancelled) { executor.sleep_until(time, cancelled); };
template <class Executor>
concept has_wakeup = requires { typename Executor::wakeup; };
template <class Executor>
concept makes_wakeups = std::constructible_from<typename Executor::wakeup, Executor&, void (*)(void* self) noexcept, void*>;
template <class Executor>
concept wakes = requires(typename Executor::wakeup& wakeup, ticks time) {
  wakeup.post();
  wakeup.wake_at(time);
  wakeup.cancel();
};

}  // namespace detail

/// What a blocking client waits with. `this_thread` is one, and all that most programs need; bring your own for an RTOS, or
/// `testing/manual_executor.hpp` for tests that do not wait.
///
/// ```cpp
/// struct rtos_executor {
///   auditor::ticks now() { return auditor::ticks{milliseconds_since_boot()}; }  // a counter of 32 bits would wrap around
///   std::uint64_t random() { return hardware_random(); }
///   void sleep_until(auditor::ticks time, const auditor::cancel_flag* cancelled);
/// };
/// ```
/// - `now`: a monotonic clock, from any origin, that never wraps around: 32 bits of milliseconds would after 49 days;
/// - `random`: 64 random bits, for the jitter of repeats; it need not be secret;
/// - `sleep_until`: returns at the time, or early (within 100 ms) when the flag, which may be null, is set.
///
/// **Units**: milliseconds. **Threads**: the one that calls the client. **Lifetime**: the client holds it by value.
template <class Executor>
concept blocking_executor = detail::has_clock<Executor> && detail::has_randomness<Executor> && detail::sleeps<Executor>;

/// The executor of an asynchronous client: a strand on which everything about its calls happens, one thing at a time.
///
/// A `wakeup` calls `fn(self)` on the strand: `post` does so soon, `wake_at` at a time (a second one moves it), never
/// before these return and never twice for one request. After `cancel`, called on the strand, and after its destructor no
/// call follows. A callback may begin, cancel and destroy calls, the wakeup that made it included.
///
/// **Units**: milliseconds of its own clock; a time that has passed means soon. **Threads**: `post` may come from any thread,
/// everything else from the strand. **Lifetime**: the client holds it by value, so that it is a handle; what it leads to
/// outlives the client. Ready ones: `io_thread` and `io_loop` (executor/io_loop.hpp), Asio's (ext/asio.hpp), and
/// `testing/manual_loop.hpp` for tests that do not wait.
template <class Executor>
concept async_executor = detail::has_clock<Executor> && detail::has_randomness<Executor> && detail::has_wakeup<Executor> &&
                         detail::makes_wakeups<Executor> && detail::wakes<Executor>;

/// The default: the calling thread waits, on the steady clock. Defined in executor/this_thread.hpp, which needs <thread>.
struct this_thread;

}  // namespace AUDITOR_ABI
}  // namespace auditor
