// Bodies of http/call.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/http/call.hpp>

#include <atomic>

namespace auditor {
inline namespace AUDITOR_ABI {

AUDITOR_DECL cancel_flag::operator bool() const noexcept { return requested_.load(std::memory_order_relaxed); }

AUDITOR_DECL void cancel_flag::request() noexcept { requested_.store(true, std::memory_order_relaxed); }

AUDITOR_DECL void cancel_flag::reset() noexcept { requested_.store(false, std::memory_order_relaxed); }

}  // namespace AUDITOR_ABI
}  // namespace auditor
