// GET /records, proven: asks what it takes to know that no record is missing, and shows each record once.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/text_buffer.hpp>
#include <auditor/json/record_codec.hpp>
#include <auditor/operation/call_context.hpp>
#include <auditor/operation/operation.hpp>
#include <auditor/operation/options.hpp>
#include <auditor/operation/read/answer.hpp>
#include <auditor/operation/read/collector.hpp>
#include <auditor/operation/read/last_id_proof.hpp>
#include <auditor/operation/read/limit_proof.hpp>
#include <auditor/operation/read/nothing_proof.hpp>
#include <auditor/operation/read/question.hpp>
#include <auditor/operation/read/range_proof.hpp>
#include <auditor/operation/read/read_step.hpp>
#include <auditor/operation/read/record_count.hpp>
#include <auditor/operation/read/same_beginning.hpp>
#include <auditor/operation/read/sorted_rows.hpp>
#include <auditor/operation/read_summary.hpp>
#include <auditor/query/query.hpp>
#include <auditor/query/special_reads.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

/// A read is a row of questions, each one request. What proves what, the classes in read/ say; here is the order in which
/// they are asked:
///
/// - a query for one id: `one_id`; its record is its own proof;
/// - a range of times or runtimes alone: `last_row`, and perhaps `first_row`, which show where to look for its `neighbour`, whether
///   anything is in it; then as any other;
/// - any other: `last_id`, then `stream`, and again where it was cut;
/// - with a limit: how many there are up to it (`up_to_limit`, or counted by the proof above), then `limited`;
/// - where nothing came: the question again, `control`, and perhaps `health`, until it is to be believed.
class read_operation {
 public:
  read_operation(query&& asked, const call_context& with, const read_options& call, const collector* to = nullptr);
  read_operation(const read_operation&) = delete;
  read_operation& operator=(const read_operation&) = delete;
  ~read_operation();

  next_action start();

  request_kind kind() const;

  request_view begin();

  std::span<char> prepare();

  commit_result commit(std::size_t n);

  const error& problem() const { return problem_; }

  next_action finish(const judged_answer& judged);

  result<read_summary> take();

  /// The record to show, after `commit_result::item`. **Lifetime**: until the next `commit`.
  const record_view& view() const noexcept;
  std::string_view text() const noexcept;
  /// Fills a record of the caller's with it.
  error fill(record& reused, fill_function how) const;
  /// The caller wants no more.
  void stop() noexcept;

 protected:
  const query& asked() const noexcept;
  const unreadable_callback& unreadable() const noexcept { return unreadable_; }
  /// Of each record that is shown; before the start. **Lifetime**: of the fields, longer than this.
  void show_only(const wanted_fields& wanted) noexcept;
  /// An error, if there is one, is about the record of this id.
  void is_about(std::string_view id) noexcept;
  /// Did the records come in the order, and up to the limit, that the caller asked for?
  bool is_arranged() const noexcept;

 private:
  friend special_reads;

  // ---- what to ask --------------------------------------------------------------------------------------------------

  next_action ask(question next, next_action how);

  // The same goal once more, after a wait; without an attempt left the read has failed.
  next_action again(question from, errc code, const char* why);

  // ---- what came ----------------------------------------------------------------------------------------------------

  // commit_result::more: of no consequence for the count of attempts.
  commit_result take_record();

  commit_result take_row(range_proof::row which);

  // The record at hand is another question's. As the first one of its answer it may be another answer the next time: none of this one
  // was shown.
  commit_result not_asked_for(const char* why);

  commit_result show(const record_view& r);

  // In the workspace.
  error& no_room(const char* what, std::size_t bytes);
  commit_result no_room_for_id();

  // ---- what it means ------------------------------------------------------------------------------------------------

  read_step conclude();
  // Of the one row that was asked for. None: there is none, or the server had no connection to look with.
  read_step row_came();
  read_step no_row_came();

  next_action act(read_step next);

  next_action next_in_evidence() const noexcept;

  static constexpr const char* starved = "nothing came, as without a free database connection";

  next_action start_over(const char* why = starved);

  // Nothing matches, on evidence: unless some were shown already.
  next_action nothing(completeness state);

  // All that matches has gone by: shown, or counted.
  next_action proven();

  next_action failed();

  next_action give_up(errc code, const char* why);

  // Of the problem at hand.
  next_action give_up();

  next_action finished(completeness state);

  // ---- what is given back -------------------------------------------------------------------------------------------

  // A condition on a component may have failed in SQL (fact 8), each time.
  completeness none_of_these() const noexcept;
  record_count received() const noexcept { return shown_ + unreadable_shown_; }
  // By this call so far.
  record_count requests() const noexcept { return static_cast<record_count>(judged_->requests); }

  bool collects() const noexcept { return collector_ != nullptr; }
  void forget_collected() noexcept;

  // What is small and often used comes first: the nearer, the shorter the code that gets it.
  question question_ = question::last_id, furthest_ = question::one_id;
  bool is_beside_too_large_ = false;  // the row next to the range
  read_step row_says_{};              // of the one that came
  completeness state_ = completeness::unproven;
  bool codec_failed_ = false, has_failed_ = false;
  const judged_answer* judged_ = nullptr;  // during finish()
  server_memory& server_;
  last_id_proof last_id_;  // before the target and the answer in a workspace, too
  record_count shown_ = 0, unreadable_shown_ = 0, requests_before_control_ = 0;
  nothing_proof nothing_;
  limit_proof limit_;
  const collector* collector_;  // null: nobody
  unreadable_callback unreadable_;
  questions questions_;
  same_beginning beginning_;
  sorted_rows sorted_;
  // One behind the other in a workspace: what the answer reads is in the rest of it.
  text_buffer target_;
  answer answer_;
  error problem_;  // of a request, and in the end of the read
};
static_assert(operation<read_operation>);

/// What an exchange drives of an operation: of all reads the same, so that no visitor brings a table of its own along.
template <class Operation>
Operation& exchanged(Operation& op) noexcept {
  return op;
}
template <std::derived_from<read_operation> Reader>
read_operation& exchanged(Reader& op) noexcept {
  return op;
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_BODIES
#include <auditor/impl/operation/read.ipp>
#endif
