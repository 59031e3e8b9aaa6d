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
    ~member();

   private:
    friend class running_calls;
    member() noexcept = default;
    bool is_alone() const noexcept { return next_ == this; }
    void link_before(member& end) noexcept;
    void unlink() noexcept;

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

  bool empty() const noexcept;
  void begins(member& call) noexcept;
  /// Tells who waits for the last one.
  void ends(member& call) noexcept;
  void waits(member& for_the_last) noexcept;

  /// All that are under way now; not those that their ends begin.
  void cancel() noexcept;

 private:
  member calls_, waiting_;
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_BODIES
#include <auditor/impl/client/running_calls.ipp>
#endif
