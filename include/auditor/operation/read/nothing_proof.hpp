// What it takes to believe an answer of nothing: an overloaded server says the same (protocol, section 7.4, b to e).
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/operation/options.hpp>
#include <auditor/operation/read/read_step.hpp>

#include <cstdint>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

/// A server without a free database connection waits 2 s and then answers with nothing; one whose connection was terminated
/// does so at once, in bursts. So an empty answer counts when it came too fast for the one, and again too often for the
/// other; and between two of them a *control* question, for the last id of the whole table, must bring a row: then the server
/// does answer from this table. Where it brings none, connections are being terminated, and more answers are asked for: where
/// one of three is false, so are three in a row now and then.
///
/// It is told of each answer in turn, and says what to ask next.
class nothing_proof {
 public:
  using next = read_step;

  /// **Lifetime**: of the limits, longer than this. `wary`: this server has given false answers before.
  nothing_proof(const empty_answer_limits& limits, bool wary) noexcept
      : limits_(limits), enough_fast_(wary ? enough_when_wary : enough), needed_(enough_fast_) {}

  /// Was an answer of nothing followed by a row?
  bool saw_false_answers() const noexcept { return saw_false_answers_; }

  /// How long the last answer took: said before all that follows.
  void answered(ticks took) noexcept;
  /// Came it sooner than from a server that waited?
  bool is_fast() const noexcept { return speed_ == speed::fast; }
  /// ... or just then?
  bool is_starved() const noexcept { return speed_ == speed::starved; }

  /// Did the last answer bring the evidence further? Then the attempts start anew, unless it was taken back too often: the call
  /// has to end.
  bool is_progress() const noexcept { return fast_ != 0 && setbacks_ < most_setbacks; }

  /// A record came where there had been none, or a part of one, or of an answer.
  void something_came() noexcept;

  /// The question was answered with nothing, to its clean end. `by_id`: there is an index on the ids, so that no honest answer
  /// is slow.
  next nothing_came(bool by_id) noexcept;

  /// The control question brought a row: the server answers from the table. `at_once`: to its first attempt.
  next control_came(bool at_once) noexcept;

  /// It brought a part of one: the table is not empty, and the control is asked again.
  void control_was_cut() noexcept { empty_rounds_ = 0; }

  /// It brought none. The table may be empty, or closed to us, or the connection was terminated.
  next control_empty() noexcept;

  /// Nothing came of the whole table, and the database works.
  next healthy() noexcept;

 private:
  static constexpr unsigned enough = 5, enough_when_wary = 9, more_after_trouble = 2, enough_slow = 2, enough_rounds = 3,
                            most_setbacks = 8;

  enum class speed : std::uint8_t { fast, starved, slow };

  void forget() noexcept;
  void row_came(bool against_an_answer) noexcept;

  const empty_answer_limits& limits_;
  unsigned fast_ = 0, slow_ = 0;  // empty answers since the beginning
  unsigned enough_fast_, needed_;
  unsigned setbacks_ = 0;
  unsigned empty_rounds_ = 0;  // in which not even the control brought a row; they are waits apart
  speed speed_ = speed::fast;
  bool is_late_ = false;  // for a control question
  bool saw_false_answers_ = false, last_was_slow_ = false;
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_BODIES
#include <auditor/impl/operation/read/nothing_proof.ipp>
#endif
