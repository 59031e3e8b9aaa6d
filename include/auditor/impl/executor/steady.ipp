// Bodies of executor/steady.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/executor/steady.hpp>

#include <chrono>
#include <cstdint>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

AUDITOR_DECL ticks steady::now() noexcept {
  return std::chrono::duration_cast<ticks>(std::chrono::steady_clock::now().time_since_epoch());
}

AUDITOR_DECL std::chrono::steady_clock::time_point steady::at(ticks time) noexcept {
  constexpr auto most = std::chrono::duration_cast<ticks>((std::chrono::steady_clock::duration::max)());
  return std::chrono::steady_clock::time_point(time < most ? time : most);
}

AUDITOR_DECL std::uint64_t steady::random() {
  if (state_ == 0) {
    const auto when = std::chrono::steady_clock::now().time_since_epoch().count();
    state_ = static_cast<std::uint64_t>(when) ^ (std::uint64_t{reinterpret_cast<std::uintptr_t>(this)} << 20);
  }
  return next_random(state_);
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
