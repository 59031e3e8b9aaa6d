// The default executor: the calling thread waits, on the steady clock.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/http/executor.hpp>

#include <chrono>
#include <cstdint>
#include <random>
#include <thread>

namespace auditor {
inline namespace AUDITOR_ABI {

/// **Threads**: as the client that owns it, one at a time.
struct AUDITOR_EXPORT this_thread {
  ticks now() const noexcept {
    return std::chrono::duration_cast<ticks>(std::chrono::steady_clock::now().time_since_epoch());
  }

  // splitmix64, seeded once: jitter, not secrets.
  std::uint64_t random() {
    if (state_ == 0) state_ = (std::uint64_t{std::random_device{}()} << 32) | std::random_device{}();
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }

  void sleep_until(ticks time, const cancel_flag* cancelled) const {
    constexpr ticks step{100};
    for (ticks left = time - now(); left > ticks::zero() && !(cancelled != nullptr && *cancelled); left = time - now())
      std::this_thread::sleep_for(left < step ? left : step);
  }

 private:
  std::uint64_t state_ = 0;
};

}  // namespace AUDITOR_ABI
}  // namespace auditor
