// Bodies of client/running_calls.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/client/running_calls.hpp>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

AUDITOR_DECL running_calls::member::~member() { unlink(); }

AUDITOR_DECL void running_calls::member::link_before(member& end) noexcept {
  previous_ = end.previous_;
  next_ = &end;
  previous_->next_ = end.previous_ = this;
}

AUDITOR_DECL void running_calls::member::unlink() noexcept {
  previous_->next_ = next_;
  next_->previous_ = previous_;
  previous_ = next_ = this;
}

AUDITOR_DECL bool running_calls::empty() const noexcept { return calls_.is_alone(); }

AUDITOR_DECL void running_calls::begins(member& call) noexcept {
  if (call.is_alone()) call.link_before(calls_);
}

AUDITOR_DECL void running_calls::ends(member& call) noexcept {
  if (call.is_alone()) return;
  call.unlink();
  if (!empty()) return;
  for (member* each = waiting_.next_; each != &waiting_; each = each->next_) each->fn_(each->self_);
}

AUDITOR_DECL void running_calls::waits(member& for_the_last) noexcept { for_the_last.link_before(waiting_); }

AUDITOR_DECL void running_calls::cancel() noexcept {
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

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
