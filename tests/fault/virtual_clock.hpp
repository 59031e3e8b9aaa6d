// The clock of the client under test, moved on by the server that answers it. SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/http/call.hpp>
#include <auditor/testing/manual_executor.hpp>
#include <auditor/testing/manual_loop.hpp>

namespace fault {

/// **Lifetime**: the executor or the loop outlives it.
class virtual_clock {
 public:
  void follow(auditor::testing::manual_executor& executor) noexcept { executor_ = &executor; }
  void follow(auditor::testing::manual_loop& loop) noexcept { loop_ = &loop; }

  auditor::ticks now() const noexcept { return executor_ != nullptr ? executor_->now() : loop_->now(); }
  void advance(auditor::ticks by) noexcept {
    if (executor_ != nullptr)
      executor_->advance(by);
    else
      loop_->advance(by);
  }

 private:
  auditor::testing::manual_executor* executor_ = nullptr;  // one or the other
  auditor::testing::manual_loop* loop_ = nullptr;
};

}  // namespace fault
