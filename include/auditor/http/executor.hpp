// What an executor is: the clock, the randomness and the waiting of a client. Injected, so that no test has to sleep.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/http/call.hpp>

#include <concepts>
#include <cstdint>

namespace auditor {
inline namespace AUDITOR_ABI {

/// - `now`: a monotonic clock, from any origin;
/// - `random`: 64 random bits, for the jitter of repeats; it need not be secret;
/// - `sleep_until`: returns at the time, or early (within 100 ms) when the flag, which may be null, is set.
template <class Executor>
concept blocking_executor = requires(Executor& executor, ticks time, const cancel_flag* cancelled) {
  { executor.now() } -> std::same_as<ticks>;
  { executor.random() } -> std::same_as<std::uint64_t>;
  executor.sleep_until(time, cancelled);
};

/// The executor of an asynchronous client: a strand on which everything about its calls happens, one thing at a time.
///
/// A `wakeup` calls `fn(self)` on the strand: `post` does so soon, `wake_at` at a time (a second one moves it), never
/// before these return and never twice for one request. After `cancel`, called on the strand, and after its destructor no
/// call follows. **Threads**: `post` may come from any thread, everything else from the strand.
template <class Executor>
concept async_executor = requires(Executor& executor, typename Executor::wakeup& wakeup, ticks time) {
  { executor.now() } -> std::same_as<ticks>;
  { executor.random() } -> std::same_as<std::uint64_t>;
  requires std::constructible_from<typename Executor::wakeup, Executor&, void (*)(void*) noexcept, void*>;
  wakeup.post();
  wakeup.wake_at(time);
  wakeup.cancel();
};

/// The default: the calling thread waits, on the steady clock. Defined in executor/this_thread.hpp, which needs <thread>.
struct this_thread;

}  // namespace AUDITOR_ABI
}  // namespace auditor
