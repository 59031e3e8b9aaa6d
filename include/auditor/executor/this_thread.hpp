// The default executor: the calling thread waits, on the steady clock.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/executor/steady.hpp>
#include <auditor/http/executor.hpp>

#include <cstdint>
#include <thread>

namespace auditor {
inline namespace AUDITOR_ABI {

/// Satisfies `blocking_executor`. A client has one of its own unless it is given another.
///
/// **Threads**: as the client that owns it, one at a time. Waiting costs no CPU but a look at the flag every 100 ms; a signal
/// does not end it, `cancel_flag::request()` in its handler does.
struct AUDITOR_EXPORT this_thread {
  ticks now() const noexcept { return detail::steady::now(); }
  std::uint64_t random() { return steady_.random(); }

  /// Until a time of `now()`, or until the flag, which may be null, is set.
  void sleep_until(ticks time, const cancel_flag* cancelled) const {
    constexpr ticks step{100};
    for (ticks left = time - now(); left > ticks::zero() && !(cancelled != nullptr && *cancelled); left = time - now())
      std::this_thread::sleep_for(left < step ? left : step);
  }

 private:
  detail::steady steady_;
};

}  // namespace AUDITOR_ABI
}  // namespace auditor
