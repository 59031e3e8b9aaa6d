// The end of a program: waits for the calls under way, and ends those that take too long.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/client/client_state.hpp>
#include <auditor/client/one_allocation.hpp>
#include <auditor/http/executor.hpp>

#include <algorithm>
#include <coroutine>
#include <new>
#include <utility>

namespace auditor {
inline namespace AUDITOR_ABI {

/// What `client::drain` gives back for `use_pending`: `co_await client.drain(10s)`. It does not move.
template <class Executor>
class [[nodiscard("await it, or nothing is waited for")]] pending_drain {
 public:
  using value_type = bool;

  /// Made by `client::drain`.
  pending_drain(detail::running_calls& calls, Executor& executor, ticks longest)
      : calls_(calls),
        executor_(executor),
        longest_((std::max)(longest, ticks::zero())),
        member_(&pending_drain::is_last_gone, this),
        timer_(executor, &pending_drain::rang, this) {}
  pending_drain(const pending_drain&) = delete;
  pending_drain& operator=(const pending_drain&) = delete;

  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> caller) {
    start([](void* frame) noexcept { std::coroutine_handle<>::from_address(frame).resume(); }, caller.address());
  }
  bool await_resume() const noexcept { return all_ended_; }

  /// `over(self)` on the strand, once.
  void start(void (*over)(void*) noexcept, void* self) {
    over_ = over;
    self_ = self;
    timer_.post();
  }
  /// Waits no longer: ends the calls now. On the strand.
  void cancel() noexcept {
    longest_ = ends_at_ = ticks::zero();
    if (started_) look();
  }

 private:
  // Later, so that the last call is told its result before.
  static void is_last_gone(void* self) noexcept { static_cast<pending_drain*>(self)->timer_.post(); }
  static void rang(void* self) noexcept { static_cast<pending_drain*>(self)->look(); }
  void look() {
    const ticks now = executor_.now();
    if (!std::exchange(started_, true)) {
      ends_at_ = longest_ > (ticks::max)() - now ? (ticks::max)() : now + longest_;
      calls_.waits(member_);
    }
    if (!calls_.empty() && now >= ends_at_) {
      all_ended_ = false;
      calls_.cancel();  // again when their owners have begun others meanwhile
    }
    timer_.cancel();
    if (calls_.empty()) {
      if (empty_before_) return over_(self_);
      empty_before_ = true;
      return timer_.post();  // behind what the last call has begun when it was told
    }
    empty_before_ = false;
    if (now < ends_at_ && ends_at_ != (ticks::max)()) timer_.wake_at(ends_at_);
  }

  detail::running_calls& calls_;
  Executor& executor_;
  ticks longest_, ends_at_{};
  void (*over_)(void*) noexcept = nullptr;
  void* self_ = nullptr;
  bool started_ = false, all_ended_ = true, empty_before_ = false;
  detail::running_calls::member member_;
  typename Executor::wakeup timer_;
};

namespace detail {

/// The same for tokens: `start(handler)` calls `handler(bool)`, once, on the strand.
template <class Executor>
class drain_initiation {
 public:
  using value_type = bool;
  static constexpr bool changes_nothing = false;

  drain_initiation(running_calls& calls, Executor& executor, ticks longest) noexcept
      : calls_(calls), executor_(executor), longest_(longest) {}

  template <class Handler, class Announce = unannounced>
  void start(Handler handler, Announce announce = {}) {
    struct waiting {
      Handler handler;
      pending_drain<Executor> drain;
    };
    auto* one = one_allocation<waiting>::make(
        handler, [&](void* room) { new (room) waiting{std::move(handler), {calls_, executor_, longest_}}; });
    announce(one->drain);
    one->drain.start(
        [](void* self) noexcept {
          auto* told = static_cast<waiting*>(self);
          const bool all_ended = told->drain.await_resume();
          Handler tell = std::move(told->handler);
          one_allocation<waiting>::free(told, tell);
          tell(all_ended);
        },
        one);
  }

 private:
  running_calls& calls_;
  Executor& executor_;
  ticks longest_;
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
