// POST /records for a batch of any size: an adaptive window over the sorted batch, and an outcome for each record.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/text_buffer.hpp>
#include <auditor/operation/add.hpp>
#include <auditor/operation/bulk_batch.hpp>
#include <auditor/operation/call_context.hpp>
#include <auditor/operation/look_up.hpp>
#include <auditor/operation/operation.hpp>
#include <auditor/operation/options.hpp>
#include <auditor/operation/set_aside.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

/// The number of the record that a 400 names: the body has one record a line. 0: the text names none.
std::size_t line_of(std::string_view text) noexcept;

/// Takes positions of the batch, one run of them after the other, and finds the outcome of each before it takes more. It grows while
/// all goes well and narrows down to the record that the server refuses. Windows of one batch share no record, so that what
/// one of them learns from a lost answer says nothing about the others.
///
/// A bulk is one transaction. When the answer to one is lost and its repeat meets `RECORD_EXISTS`, then either the lost one
/// was stored, with all its records, or somebody else has some of them: each record is looked at, until one shows that the
/// lost one was *not* stored (it is missing, or certainly a stranger's). Where this call does not look, each of them stays unknown.
///
/// In a workspace the body and the look take turns, for both want what is left of it.
class bulk_window {
 public:
  /// `width`: records of the first request, at most.
  bulk_window(bulk_batch& batch, encode_function encoder, const call_context& with, std::size_t width);
  bulk_window(const bulk_window&) = delete;
  bulk_window& operator=(const bulk_window&) = delete;
  ~bulk_window();

  next_action start();
  request_kind kind() const;
  request_view begin();
  const reading_functions* reading() const noexcept { return stored_.reading(); }
  std::span<char> prepare();
  commit_result commit(std::size_t n);
  const error& problem() const;

  next_action finish(const judged_answer& judged);
  /// There is no result but the batch's.
  void take() const noexcept {}

 private:
  enum class phase : std::uint8_t { post, look, put, health };

  // ---- what to send -------------------------------------------------------------------------------------------

  next_action next_request();
  next_action send(phase next) {
    phase_ = next;
    return next_action::next_request;
  }

  // The first positions that nobody took; at the end of them, what was set aside; and then, for the last window, the
  // next records of ids that came several times.
  bool next_run();

  // A codec of somebody else's may fail the second time.
  void cannot_encode(std::uint32_t i, const error& why, outcome result);

  // `width` records at most, within the bytes, not past the end of a lost attempt, nor into what another window took.
  bool encode(std::size_t width);
  bool covers(std::size_t position) noexcept;

  route destination() const noexcept;
  // A record that fills the server's limit has no room for the brackets: it goes alone, to the route for one.
  bool as_array() const noexcept { return body_.size() <= largest_body; }

  // The record of the present request that stands on this line, counted from 0.
  std::uint32_t sent_at(std::size_t line) const noexcept;
  void cover_first() noexcept;
  void cover_lost() noexcept;

  // Of a workspace, for what comes next.
  void forget_body();
  void forget_look();

  // ---- what became of it --------------------------------------------------------------------------------------

  next_action posted(const judged_answer& judged);
  static bool fails(errc code) noexcept;

  next_action narrow();
  next_action advance();
  // No attempt whose answer was lost was stored: some record of each was missing, or is a stranger's.
  void rule_out_lost() noexcept { lost_end_ = looks_end_ = 0; }

  // A 400 of Auditor's parser: its line names the culprit.
  next_action refused(const judged_answer& judged);

  // As the answer says, unless it was part of an attempt whose answer was lost: then nothing is certain.
  void refuse(std::uint32_t i, const judged_answer& judged);

  // ---- records that are known -----------------------------------------------------------------------------------

  // This record, by the word of the server.
  next_action exists();

  // At the first record of the window, alone.
  next_action look();

  next_action looked(const judged_answer& judged);
  void set_known(std::uint32_t i, stored_record::next says);
  // Who may not read cannot tell for any record of the lost attempt whose it is.
  next_action cannot_look(const judged_answer& judged);
  // Nor can who does not look, or has no room for it.
  next_action do_not_look(const error& why);

  // At the first record of the window, of whose id an earlier record is stored.
  next_action put_stop_time();
  next_action put();
  next_action put(const judged_answer& judged);

  // ---- what fails -----------------------------------------------------------------------------------------------

  // No attempt is left for this window. The others go on while there is a server.
  next_action failed(const judged_answer& judged);
  next_action checked(const judged_answer& judged);

  next_action stop(const error& why);

  // Nothing more is sent: what has no outcome yet is unknown where it was part of a lost attempt, else not applied.
  next_action leave(const error& why);
  // Those of these positions that have no outcome yet.
  void set_rest(std::size_t lo, std::size_t hi, const record_outcome& how) noexcept;
  static record_outcome rest(bool lost, const error& why) noexcept;

  bulk_batch& batch_;
  const encode_function encode_;
  const call_context with_;
  std::size_t width_;               // records of the next request
  std::size_t culprit_before_ = 0;  // the end of the last request that was refused for one of its records; 0: none is known
  std::size_t low_ = 0, high_ = 0;  // the positions that the present request covers
  std::size_t end_ = 0;             // of the positions taken
  std::size_t lost_end_ = 0;        // up to here, an attempt may have been stored whose answer was lost
  std::size_t looks_end_ = 0;       // up to here, each record is looked at
  // The records of the present request are those from `low_` to `high_` that have no outcome.
  std::size_t sent_ = 0;     // how many they are
  std::uint32_t first_ = 0;  // of them
  text_buffer body_;
  phase phase_ = phase::post;
  look_up stored_;
  set_aside aside_;
  bool said_to_exist_ = false;  // the record that is looked at, and not only one of its window
  error known_;
  error why_;  // the same goal is tried again, or records are set aside
};

/// The batch and its first window: enough for a driver that sends one request at a time. One that can send several gives
/// each of the other windows a driver too, and takes the result when all of them are done.
class bulk_insert_operation {
 public:
  using part = bulk_window;

  bulk_insert_operation(view_list<record_view> records, const outcome_room& to, encode_function encoder,
                        const call_context& with, const bulk_insert_options& call);
  bulk_insert_operation(const bulk_insert_operation&) = delete;
  bulk_insert_operation& operator=(const bulk_insert_operation&) = delete;
  ~bulk_insert_operation();

  /// How many windows there are, the first among them.
  std::size_t parts() const noexcept { return parts_; }
  part another_part();

  next_action start();
  request_kind kind() const { return first_.kind(); }
  request_view begin() { return first_.begin(); }
  const reading_functions* reading() const noexcept { return first_.reading(); }
  std::span<char> prepare() { return first_.prepare(); }
  commit_result commit(std::size_t n) { return first_.commit(n); }
  const error& problem() const { return first_.problem(); }
  next_action finish(const judged_answer& judged);
  /// There is no result but the outcomes.
  void take() { batch_.finish(); }

 private:
  // So that a small batch gives all of them something to do.
  std::size_t share() const noexcept;

  bulk_batch batch_;
  const encode_function encode_;
  const call_context with_;
  std::size_t parts_;
  part first_;
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_BODIES
#include <auditor/impl/operation/bulk_insert.ipp>
#endif
