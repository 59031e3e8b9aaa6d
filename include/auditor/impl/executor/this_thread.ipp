// Bodies of executor/this_thread.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/executor/this_thread.hpp>

#if AUDITOR_THREADS
#include <thread>
#endif

namespace auditor {
inline namespace AUDITOR_ABI {

#if AUDITOR_THREADS

AUDITOR_DECL void this_thread::sleep_until(ticks time, const cancel_flag* cancelled) const {
  constexpr ticks step{100};
  for (ticks left = time - now(); left > ticks::zero() && !(cancelled != nullptr && *cancelled); left = time - now())
    std::this_thread::sleep_for(left < step ? left : step);
}

#endif

}  // namespace AUDITOR_ABI
}  // namespace auditor
