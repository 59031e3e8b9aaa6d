// Bodies of testing/manual_executor.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/testing/manual_executor.hpp>

#include <cstdint>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace testing {

AUDITOR_DECL std::uint64_t manual_executor::random() noexcept {
  state_ = state_ * 6364136223846793005u + 1442695040888963407u;
  return state_ >> 16;
}

AUDITOR_DECL void manual_executor::sleep_until(ticks time, const cancel_flag* cancelled) {
  if (cancelled != nullptr && *cancelled) return;
  waits_.push_back(time > now_ ? time - now_ : ticks::zero());
  if (time > now_) now_ = time;
}

}  // namespace testing
}  // namespace AUDITOR_ABI
}  // namespace auditor
