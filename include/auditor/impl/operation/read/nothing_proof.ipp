// Bodies of operation/read/nothing_proof.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/operation/read/nothing_proof.hpp>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

// The counts: `ticks` are compared by reference, which is twice the code on a small processor.
AUDITOR_DECL void nothing_proof::answered(ticks took) noexcept {
  speed_ = took.count() < limits_.fast.count()   ? speed::fast
           : took.count() < limits_.slow.count() ? speed::starved
                                                 : speed::slow;
  is_late_ = took.count() > limits_.control.count();
}

AUDITOR_DECL void nothing_proof::something_came() noexcept {
  row_came(fast_ != 0);
  forget();
  empty_rounds_ = 0;
}

AUDITOR_DECL nothing_proof::next nothing_proof::nothing_came(bool by_id) noexcept {
  if (is_starved() || (by_id && !is_fast())) return next::ask_later;  // what a server says that waited in vain
  last_was_slow_ = !is_fast();
  ++(last_was_slow_ ? slow_ : fast_);
  if (fast_ != 0 && slow_ != 0) {  // an honest scan takes as long as the one before
    forget();
    return next::start_over;
  }
  return fast_ == needed_ ? next::nothing_matches : next::ask_control;
}

AUDITOR_DECL nothing_proof::next nothing_proof::control_came(bool at_once) noexcept {
  empty_rounds_ = 0;
  row_came(false);
  // The slow one may have waited for a connection and then worked: not if the next question is answered at once.
  const bool is_late = last_was_slow_ && is_late_;
  if (is_late || (last_was_slow_ && !at_once)) forget();  // the control says nothing of the time before
  if (is_late && at_once) return next::start_over;
  return slow_ == enough_slow ? next::nothing_matches : next::ask_again;
}

AUDITOR_DECL nothing_proof::next nothing_proof::control_empty() noexcept {
  if (!is_fast()) return next::ask_later;
  forget();
  needed_ += more_after_trouble;
  return next::ask_health;
}

AUDITOR_DECL nothing_proof::next nothing_proof::healthy() noexcept {
  if (!is_fast()) return next::start_over;
  return ++empty_rounds_ == enough_rounds ? next::table_is_empty : next::start_over;
}

AUDITOR_DECL void nothing_proof::forget() noexcept {
  if (fast_ != 0) ++setbacks_;
  fast_ = slow_ = 0;
}

AUDITOR_DECL void nothing_proof::row_came(bool against_an_answer) noexcept {
  const bool against_a_control = needed_ != enough_fast_;
  saw_false_answers_ = saw_false_answers_ || against_an_answer || against_a_control;
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
