// What executors on a real machine have in common: the steady clock, and randomness for the jitter of repeats.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/http/call.hpp>

#include <chrono>
#include <cstdint>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

class steady {
 public:
  static ticks now() noexcept {
    return std::chrono::duration_cast<ticks>(std::chrono::steady_clock::now().time_since_epoch());
  }
  static std::chrono::steady_clock::time_point at(ticks time) noexcept {
    constexpr auto most = std::chrono::duration_cast<ticks>((std::chrono::steady_clock::duration::max)());
    return std::chrono::steady_clock::time_point(time < most ? time : most);
  }

  // splitmix64, seeded once by where and when: jitter, not secrets, and <random> is a heavy header.
  std::uint64_t random() {
    if (state_ == 0) {
      const auto when = std::chrono::steady_clock::now().time_since_epoch().count();
      state_ = static_cast<std::uint64_t>(when) ^ (std::uint64_t{reinterpret_cast<std::uintptr_t>(this)} << 20);
    }
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }

 private:
  std::uint64_t state_ = 0;
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
