// What executors on a real machine have in common: the steady clock, and randomness for the jitter of repeats.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/http/call.hpp>

#include <chrono>
#include <cstdint>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

// splitmix64: jitter, not secrets, and <random> is a heavy header.
constexpr std::uint64_t next_random(std::uint64_t& state) noexcept {
  std::uint64_t z = (state += 0x9E3779B97F4A7C15u);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

class steady {
 public:
  static ticks now() noexcept;
  static std::chrono::steady_clock::time_point at(ticks time) noexcept;

  // Seeded once by where and when.
  std::uint64_t random();

 private:
  std::uint64_t state_ = 0;
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_BODIES
#include <auditor/impl/executor/steady.ipp>
#endif
