// The calls of an asynchronous client that are under way, so that the end of a program can wait for them, and end them.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/config.hpp>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

/// **Threads**: the strand's. **Memory**: none of its own, each member is a part of what it stands for.
class running_calls {
 public:
  /// One who is called by its list: a call, to be cancelled; or who waits until there are none, to be told.
  class member {
   public:
    member(void (*fn)(void*) noexcept, void* self) noexcept : fn_(fn), self_(self) {}
    member(const member&) = delete;
    member& operator=(const member&) = delete;
    ~member() { unlink(); }

   private:
    friend class running_calls;
    member() noexcept = default;
    bool is_alone() const noexcept { return next_ == this; }
    void link_before(member& end) noexcept {
      previous_ = end.previous_;
      next_ = &end;
      previous_->next_ = end.previous_ = this;
    }
    void unlink() noexcept {
      previous_->next_ = next_;
      next_->previous_ = previous_;
      previous_ = next_ = this;
    }

    member* previous_ = this;
    member* next_ = this;
    void (*fn_)(void*) noexcept = nullptr;
    void* self_ = nullptr;
  };

  running_calls() noexcept = default;
  // A client moves before its first call and behind its last.
  running_calls(const running_calls&) noexcept {}
  running_calls& operator=(const running_calls&) noexcept { return *this; }
  ~running_calls() = default;

  bool empty() const noexcept { return calls_.is_alone(); }
  void begins(member& call) noexcept {
    if (call.is_alone()) call.link_before(calls_);
  }
  /// Tells who waits for the last one.
  void ends(member& call) noexcept {
    if (call.is_alone()) return;
    call.unlink();
    if (!empty()) return;
    for (member* each = waiting_.next_; each != &waiting_; each = each->next_) each->fn_(each->self_);
  }
  void waits(member& for_the_last) noexcept { for_the_last.link_before(waiting_); }

  /// All that are under way now; not those that their ends begin.
  void cancel() noexcept {
    if (empty()) return;
    member all;
    all.link_before(*calls_.next_);
    calls_.unlink();  // `all` has them now
    while (!all.is_alone()) {
      member& call = *all.next_;
      call.unlink();
      call.link_before(calls_);
      call.fn_(call.self_);  // it may be gone
    }
  }

 private:
  member calls_, waiting_;
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
