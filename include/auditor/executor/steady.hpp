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
  static ticks now() noexcept;
  static std::chrono::steady_clock::time_point at(ticks time) noexcept;

  // splitmix64, seeded once by where and when: jitter, not secrets, and <random> is a heavy header.
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
