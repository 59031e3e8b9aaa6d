// The default executor: the calling thread waits, on the steady clock.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/executor/steady.hpp>
#include <auditor/http/executor.hpp>

#include <cstdint>

namespace auditor {
inline namespace AUDITOR_ABI {

#if AUDITOR_THREADS

/// Satisfies `blocking_executor`. A client has one of its own unless it is given another.
///
/// **Threads**: as the client that owns it, one at a time. Waiting costs no CPU but a look at the flag every 100 ms; a signal
/// does not end it, `cancel_flag::request()` in its handler does.
struct AUDITOR_EXPORT this_thread {
  ticks now() const noexcept { return detail::steady::now(); }
  std::uint64_t random() { return steady_.random(); }

  /// Until a time of `now()`, or until the flag, which may be null, is set.
  void sleep_until(ticks time, const cancel_flag* cancelled) const;

 private:
  detail::steady steady_;
};

#else

// Whoever makes one, or a client without another executor, reads the sentence, and nothing else.
struct this_thread {
  template <bool has_threads = false>
  this_thread() {
    static_assert(has_threads, "auditor::this_thread needs threads, and this build has none: give the client an executor");
  }
  ticks now() const noexcept;
  std::uint64_t random();
  void sleep_until(ticks time, const cancel_flag* cancelled) const;
};

#endif

}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_BODIES
#include <auditor/impl/executor/this_thread.ipp>
#endif
