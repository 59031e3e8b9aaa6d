// Bodies of operation/bulk_outcomes.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/operation/bulk_outcomes.hpp>

#include <algorithm>
#include <cstddef>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

AUDITOR_DECL bulk_outcomes::bulk_outcomes(const outcome_room& to, view_list<record_view> records,
                                          const progress_callback& progress, const failure_callback& failed)
    : to_(to), records_(records), failed_(failed), progress_(progress) {
  std::fill(to_.outcomes.begin(), to_.outcomes.end(), record_outcome{});
  if (to_.outcomes.size() >= records_.size()) {
    to_.outcomes = to_.outcomes.first(records_.size());
    return;
  }
  error few{errc::invalid_argument, "outcomes: has room for "};
  end(few.more(to_.outcomes.size()).more(" of ").more(records_.size()).more(" records"));
}

AUDITOR_DECL void bulk_outcomes::set(std::size_t i, const record_outcome& how) noexcept {
  if (!has(i)) ++decided_;
  to_.outcomes[i] = how;
}

AUDITOR_DECL void bulk_outcomes::fail(std::size_t i, const record_outcome& how, error words) {
  set(i, how);
  words.outcome = how.outcome;
  words.index = i;
  words.of(records_[i].record_id);
  if (!to_.sum.first_) to_.sum.first_ = words;
  tell(words, false);
}

AUDITOR_DECL void bulk_outcomes::may_be_stored(std::size_t i) noexcept {
  const outcome said = to_.outcomes[i].outcome;
  if (said == outcome::not_applied || said == outcome::rejected) to_.outcomes[i].outcome = outcome::unknown;
}

AUDITOR_DECL void bulk_outcomes::end(const error& why) {
  if (ended_) return tell(why, false);
  ended_ = true;
  to_.sum.first_ = why;
}

AUDITOR_DECL void bulk_outcomes::report_progress() {
  if (!progress_ || told_ == decided_) return;
  told_ = decided_;  // first: the callback may throw
  progress_(decided_, records_.size());
}

AUDITOR_DECL void bulk_outcomes::finish() {
  error& first = to_.sum.first_;
  for (std::size_t i = 0; ended_ && i < to_.outcomes.size(); ++i)
    if (!has(i)) set(i, {outcome::not_applied, first.code, first.status});
  report_progress();
  const std::size_t without = records_.size() - to_.outcomes.size();
  to_.sum.counts_ = {};
  to_.sum.counts_[static_cast<std::size_t>(outcome::not_applied)] = to_.sum.failures_ = without;
  for (const record_outcome& each : to_.outcomes) {
    ++to_.sum.counts_[static_cast<std::size_t>(each.outcome)];
    if (each.code != errc::ok) ++to_.sum.failures_;
  }
  // It was said before all was known of its record.
  if (!first.record_id().empty()) first.outcome = to_.outcomes[static_cast<std::size_t>(first.index)].outcome;
  if (ended_) tell(first, true);
}

AUDITOR_DECL void bulk_outcomes::tell(const error& words, bool ended) {
  if (to_.keep != nullptr) to_.keep(to_.sum, words, ended);
  if (failed_) failed_(words);
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
