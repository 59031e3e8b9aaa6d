// Bodies of client/client_state.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/panic.hpp>
#include <auditor/client/client_state.hpp>

#include <atomic>

#if AUDITOR_ASSERT && ATOMIC_INT_LOCK_FREE == 2
namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

AUDITOR_DECL open_calls::open_calls(open_calls&& from) noexcept { expect(from.are_none(), moves); }

AUDITOR_DECL open_calls& open_calls::operator=(open_calls&& from) noexcept {
  expect(are_none() && from.are_none(), moves);
  return *this;
}

AUDITOR_DECL open_calls::~open_calls() { expect(are_none(), "a client goes before its calls and streams are over"); }

AUDITOR_DECL void open_calls::begin() noexcept { count_.fetch_add(1, std::memory_order_relaxed); }

AUDITOR_DECL void open_calls::end() noexcept { count_.fetch_sub(1, std::memory_order_release); }

AUDITOR_DECL bool open_calls::are_none() const noexcept {
  return forks_ != forks.load() || count_.load(std::memory_order_acquire) == 0;
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
#endif
