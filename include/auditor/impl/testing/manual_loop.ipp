// Bodies of testing/manual_loop.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/testing/manual_loop.hpp>

#include <algorithm>
#include <cstdint>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace testing {

AUDITOR_DECL bool manual_loop::run_one() {
  const auto due = std::min_element(waiting_.begin(), waiting_.end(), [](const item& a, const item& b) {
    return a.at != b.at ? a.at < b.at : a.number < b.number;
  });
  if (due == waiting_.end() || due->at > now_) return false;
  const item next = *due;
  waiting_.erase(due);
  next.fn(next.self);
  return true;
}

AUDITOR_DECL void manual_loop::run_due() {
  while (run_one()) continue;
}

AUDITOR_DECL bool manual_loop::run_next() {
  if (run_one()) return true;
  if (waiting_.empty()) return false;
  now_ = std::min_element(waiting_.begin(), waiting_.end(), [](const item& a, const item& b) { return a.at < b.at; })->at;
  return run_one();
}

AUDITOR_DECL void manual_loop::run() {
  while (run_next()) continue;
}

AUDITOR_DECL void manual_loop::add(const void* owner, ticks at, void (*fn)(void*) noexcept, void* self) {
  waiting_.push_back({owner, at, ++number_, fn, self});
}

AUDITOR_DECL void manual_loop::remove(const void* owner) noexcept {
  std::erase_if(waiting_, [owner](const item& each) { return each.owner == owner; });
}

AUDITOR_DECL manual_async_executor::manual_async_executor(manual_loop& loop, std::uint64_t seed) noexcept
    : loop_(&loop), state_(seed) {}

AUDITOR_DECL manual_async_executor::wakeup::wakeup(manual_async_executor& executor, void (*fn)(void*) noexcept,
                                                   void* self) noexcept
    : loop_(executor.loop_), fn_(fn), self_(self) {}

AUDITOR_DECL void manual_async_executor::wakeup::wake_at(ticks time) {
  cancel();
  loop_->add(this, time, fn_, self_);
}

AUDITOR_DECL std::uint64_t manual_async_executor::random() noexcept {
  state_ = state_ * 6364136223846793005u + 1442695040888963407u;
  return state_ >> 16;
}

}  // namespace testing
}  // namespace AUDITOR_ABI
}  // namespace auditor
