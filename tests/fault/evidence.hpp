// When an empty answer is evidence that nothing is there: the rules of the protocol, section 7.4, over what the model saw.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "ledger.hpp"

#include <span>
#include <utility>

namespace fault {

/// A server that keeps to these rules and is wrong all the same cannot be told from one that is right: several false
/// answers in a row, with honest ones between them. Those are counted as undecidable, all others as lost.
class evidence_of_nothing {
 public:
  /// Do the last of these requests prove it? `knows_records`: the client has met a record of this server before, so that
  /// the table cannot be empty.
  static bool in(std::span<const seen_request> requests, bool knows_records) {
    const evidence_of_nothing found(requests);
    return found.fast_empties_ >= 5 || found.slow_pairs_ >= 2 || (!knows_records && found.rounds_ >= 3);
  }
  /// ... and do they prove it of the whole table, whatever was asked for?
  static bool of_table_in(std::span<const seen_request> requests) { return evidence_of_nothing(requests).rounds_ >= 3; }

 private:
  explicit evidence_of_nothing(std::span<const seen_request> requests) {
    for (const seen_request& each : requests) see(each);
  }

  static constexpr ticks fast{1'900}, slow{2'500}, prompt{250};

  void see(const seen_request& each) {
    if (each.is_health_check()) {
      healthy_ = each.status == 200 || each.status == 403;
    } else if (each.method != auditor::verb::get || each.status != 200 || (each.rows == 0 && !each.told)) {
      return;  // says nothing, and is asked again
    } else if (each.is_control()) {
      control(each);
    } else if (each.rows > 0 || each.inside) {
      *this = evidence_of_nothing({});
    } else if (!each.filters_by_component()) {  // such a filter may fail in SQL: every time
      empty(each);
    }
  }

  // Its first row is all that is asked for.
  void control(const seen_request& each) {
    if (each.rows == 0 && each.inside) {  // the table is not empty, and that is all it says
      rounds_ = 0;
      return;
    }
    if (each.rows > 0) {
      rounds_ = 0;
      controlled_ = true;
      if (was_slow_) slow_pairs_ = each.began + each.took - empty_at_ <= prompt ? slow_pairs_ + 1 : 0;
      was_slow_ = false;
      return;
    }
    if (each.took >= fast) return;  // says nothing, and takes nothing back
    fast_empties_ = slow_pairs_ = 0;
    if (rounds_ != 0 && !healthy_) return;
    ++rounds_;
    healthy_ = false;
  }

  void empty(const seen_request& each) {
    const bool is_slow = each.took >= slow && !each.is_look_up();  // an index on the ids: such a question is never slow
    if (each.took >= fast && !is_slow) return;                     // says nothing, and takes nothing back
    const bool goes_on = std::exchange(controlled_, false);
    was_slow_ = is_slow;
    empty_at_ = each.began + each.took;
    if (was_slow_)
      fast_empties_ = 0;
    else
      fast_empties_ = goes_on ? fast_empties_ + 1 : 1;
    if (!was_slow_) slow_pairs_ = 0;
  }

  unsigned fast_empties_ = 0;  // each but the first behind a control row
  unsigned slow_pairs_ = 0;    // each with its control row
  unsigned rounds_ = 0;        // in which the control itself was empty
  bool controlled_ = false, was_slow_ = false, healthy_ = false;
  ticks empty_at_{};  // when the last empty answer ended
};

}  // namespace fault
