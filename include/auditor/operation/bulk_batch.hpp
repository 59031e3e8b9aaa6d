// What the windows of one bulk_insert share: the sorted batch, how far it was handed out, and what became of each record.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/array.hpp>
#include <auditor/operation/add.hpp>
#include <auditor/operation/bulk_outcomes.hpp>
#include <auditor/operation/call_context.hpp>
#include <auditor/operation/options.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

/// A *position* is a place in the sorted order of the records to send; an *index* is a place in the caller's range.
/// Why sorted: two bulks that insert overlapping ids in different order deadlock in the database (protocol, fact 12).
///
/// Records of one id mean what so many calls would, one after the other. The first of each id makes the first round. When
/// all of a round have their outcome, the next of each id either has its own by what the one before says of the stored
/// record, or is a position of the next round.
class bulk_batch {
 public:
  bulk_batch(view_list<record_view> records, const outcome_room& to, const call_context& with,
             const bulk_insert_options& call);
  bulk_batch(const bulk_batch&) = delete;
  bulk_batch& operator=(const bulk_batch&) = delete;

  const on_duplicate policy;
  const std::size_t most_records;  // of one request
  std::size_t most_bytes;          // of one request; a 413 halves it, for all windows

  std::size_t size() const noexcept { return order_.size(); }
  std::uint32_t index_at(std::size_t position) const noexcept { return order_[position]; }
  record_view record_of(std::size_t i) const { return records_[i]; }
  /// What this encoder makes of it, where somebody has that already; else nothing.
  std::string_view text_of(std::size_t i, encode_function encoder) const noexcept {
    return known_.encoder == encoder && i < known_.texts.size() ? known_.texts[i] : std::string_view();
  }

  /// A window goes to work.
  void begin() noexcept { ++working_; }
  /// It has nothing left to do. False: nothing is left at all, or another window is at work still, and goes on when it is
  /// done. True: the next record of each id that has several comes now, for this window alone.
  bool next_round();
  /// Whether all that this one needs is a PUT: an earlier record of its id was stored, as an open one.
  bool needs_only_stop_time(std::size_t position) const noexcept { return position >= stop_times_; }

  /// The first position that no window has taken.
  std::size_t untaken() const noexcept { return untaken_; }
  /// Takes this position for a window, if it is the next one.
  bool take_next(std::size_t position) noexcept;

  bool has_outcome(std::size_t i) const noexcept { return outcomes_.has(i); }
  void set_outcome(std::size_t i, const record_outcome& how) noexcept { outcomes_.set(i, how); }
  void fail(std::size_t i, const record_outcome& how, const error& words) { outcomes_.fail(i, how, words); }

  void sent() noexcept { outcomes_.sent(); }
  void lost() noexcept { outcomes_.lost(); }

  /// Something that would refuse the next request too: no window sends another one.
  void stop(error why, std::size_t i);
  bool stopped() const noexcept { return outcomes_.ended(); }
  const error& why_stopped() const noexcept { return outcomes_.why_ended(); }

  void report_progress() { outcomes_.report_progress(); }

  /// All that is sent was sent.
  void finish();

 private:
  static constexpr std::uint32_t none = static_cast<std::uint32_t>(-1);

  /// The records of one id behind the first, in the caller's order: `later_[begin, end)`.
  struct chain {
    std::uint32_t first;  // index of the first
    std::uint32_t begin, next, end;
    std::uint32_t held = none;     // index of the one that the server holds, where that is certain
    bool exists = false;           // it holds a record of this id, certainly
    bool is_to_be_closed = false;  // the last one that was looked at needs its stop time set
  };
  enum class needs : std::uint8_t { nothing, stop_time, request };

  // The server refuses a batch that holds an id twice.
  void separate_same_ids();
  bool is_as_before(std::size_t position) const;

  // No room in the workspace: nothing is sent.
  void refuse(std::size_t bytes);

  // All positions have their outcome. Those that need a request of their own come first, sorted, and then the stop times.
  bool has_next_round();

  // What a call of its own would do with the next record of an id, now that the outcome of the one before is known. What
  // needs nothing gets its own here.
  std::pair<std::uint32_t, needs> next_of(chain& of);

  // Whether an earlier record was stored, nobody knows: then nobody knows it of a later one that is the same.
  void spread_unknown(const chain& over);

  view_list<record_view> records_;
  const known_records known_;
  memory& texts_;
  const look_up_functions* compares_;  // null: nobody does
  array<std::uint32_t> order_;         // the index of each position, of which there are never more than records
  array<std::uint32_t> later_;
  array<chain> chains_;
  std::size_t untaken_ = 0;
  std::size_t stop_times_ = static_cast<std::size_t>(-1);  // from this position on, a PUT is enough
  std::size_t working_ = 0;                                // windows
  bulk_outcomes outcomes_;
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_BODIES
#include <auditor/impl/operation/bulk_batch.ipp>
#endif
