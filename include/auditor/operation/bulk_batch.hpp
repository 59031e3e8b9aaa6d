// What the windows of one bulk_insert share: the sorted batch, how far it was handed out, and what became of each record.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/model/difference.hpp>
#include <auditor/model/validate.hpp>
#include <auditor/operation/add.hpp>
#include <auditor/operation/batch.hpp>
#include <auditor/operation/options.hpp>
#include <auditor/operation/progress.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

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
  bulk_batch(view_list<record_view> records, const options& settings, const bulk_insert_options& call)
      : policy(call.duplicates),
        most_records((std::max)(settings.max_batch, std::size_t{1})),
        most_bytes((std::clamp)(settings.max_body, std::size_t{1}, largest_body)),
        records_(records),
        progress_(call.progress),
        report_(records.size()) {
    order_.reserve(records_.size());
    for (std::size_t i = 0; i < records_.size(); ++i) {
      if (const auto valid = validate(records_[i]); !valid)
        reject(i, valid.error());
      else
        order_.push_back(static_cast<std::uint32_t>(i));
    }
    std::sort(order_.begin(), order_.end(), [this](std::uint32_t a, std::uint32_t b) {
      const int by_id = records_[a].record_id.compare(records_[b].record_id);
      return by_id != 0 ? by_id < 0 : a < b;
    });
    separate_same_ids();
  }
  bulk_batch(const bulk_batch&) = delete;
  bulk_batch& operator=(const bulk_batch&) = delete;

  const on_duplicate policy;
  const std::size_t most_records;  // of one request
  std::size_t most_bytes;          // of one request; a 413 halves it, for all windows

  std::size_t size() const noexcept { return order_.size(); }
  std::uint32_t index_at(std::size_t position) const noexcept { return order_[position]; }
  record_view record_of(std::size_t i) const { return records_[i]; }

  /// A window goes to work.
  void begin() noexcept { ++working_; }
  /// It has nothing left to do. False: nothing is left at all, or another window is at work still, and goes on when it is
  /// done. True: the next record of each id that has several comes now, for this window alone.
  bool next_round() {
    if (working_ > 1 || !has_next_round()) {
      --working_;
      return false;
    }
    return true;
  }
  /// Whether all that this one needs is a PUT: an earlier record of its id was stored, as an open one.
  bool needs_only_stop_time(std::size_t position) const noexcept { return position >= stop_times_; }

  /// The first position that no window has taken.
  std::size_t untaken() const noexcept { return untaken_; }
  /// Takes this position for a window, if it is the next one.
  bool take_next(std::size_t position) noexcept {
    if (position != untaken_ || untaken_ == order_.size()) return false;
    ++untaken_;
    return true;
  }

  const record_outcome& operator[](std::size_t i) const noexcept { return report_[i]; }
  bool has_outcome(std::size_t i) const noexcept { return report_[i] != record_outcome{}; }
  void set_outcome(std::size_t i, const record_outcome& how) {
    if (!has_outcome(i)) ++decided_;
    report_.set_outcome(i, how);
  }
  void fail(std::size_t i, const record_outcome& how, error words) {
    set_outcome(i, how);
    words.outcome = how.outcome;
    words.index = i;
    words.of(records_[i].record_id);
    report_.keep(words);
  }
  void reject(std::size_t i, const error& why) { fail(i, {outcome::rejected, why.code, why.status}, why); }

  void sent() noexcept { report_.sent(); }

  /// Something that would refuse the next request too: no window sends another one.
  void stop(error why, std::size_t i) {
    why.index = i;
    why.of(records_[i].record_id);
    if (stopped())
      report_.keep(why);
    else
      stopped_ = why;
  }
  bool stopped() const noexcept { return stopped_.code != errc::ok; }
  const error& why_stopped() const noexcept { return stopped_; }

  void report_progress() { progress_.tell(decided_, records_.size()); }

  bulk_report take() {
    for (; untaken_ < order_.size(); ++untaken_)
      set_outcome(order_[untaken_], {outcome::not_applied, stopped_.code, stopped_.status});
    for (chain& each : chains_) {
      for (; each.next != each.end; ++each.next)
        if (const auto [i, what] = next_of(each); what != needs::nothing)
          set_outcome(i, {outcome::not_applied, stopped_.code, stopped_.status});
      spread_unknown(each);
    }
    report_progress();
    if (stopped()) report_.keep_first(stopped_);
    report_.finish();
    return std::move(report_);
  }

 private:
  static constexpr std::uint32_t none = static_cast<std::uint32_t>(-1);

  /// The records of one id behind the first, in the caller's order: `later_[begin, end)`.
  struct chain {
    std::uint32_t first;  // index of the first
    std::uint32_t begin, next, end;
    std::uint32_t held = none;  // index of the one that the server holds, where that is certain
    bool exists = false;        // it holds a record of this id, certainly
  };
  enum class needs : std::uint8_t { nothing, stop_time, request };

  // The server refuses a batch that holds an id twice.
  void separate_same_ids() {
    std::size_t kept = 0;
    for (const std::uint32_t i : order_) {
      if (kept == 0 || records_[order_[kept - 1]].record_id != records_[i].record_id) {
        order_[kept++] = i;
        continue;
      }
      const auto at = static_cast<std::uint32_t>(later_.size());
      if (chains_.empty() || chains_.back().first != order_[kept - 1]) chains_.push_back({order_[kept - 1], at, at, at});
      later_.push_back(i);
      ++chains_.back().end;
    }
    order_.resize(kept);
  }

  // All positions have their outcome. Those that need a request of their own come first, sorted, and then the stop times.
  bool has_next_round() {
    const std::size_t before = order_.size();
    std::vector<std::uint32_t> stop_times;
    for (chain& each : chains_)
      for (bool is_decided = true; is_decided && each.next != each.end; ++each.next) {
        const auto [i, what] = next_of(each);
        if (what == needs::request) order_.push_back(i);
        if (what == needs::stop_time) stop_times.push_back(i);
        is_decided = what == needs::nothing;
      }
    stop_times_ = order_.size();
    order_.insert(order_.end(), stop_times.begin(), stop_times.end());
    return order_.size() != before;
  }

  // What a call of its own would do with the next record of an id, now that the outcome of the one before is known. What
  // needs nothing gets its own here.
  std::pair<std::uint32_t, needs> next_of(chain& of) {
    const std::uint32_t later = later_[of.next], earlier = of.next == of.begin ? of.first : later_[of.next - 1];
    switch (report_[earlier].outcome) {
      case outcome::delivered:
        of.held = earlier;
        of.exists = true;
        break;
      case outcome::duplicate: of.exists = true; break;  // what is held stays as it was
      default:
        of.held = none;
        of.exists = false;
        break;
    }
    if (!of.exists) return {later, needs::request};
    if (policy == on_duplicate::ignore) {
      set_outcome(later, {outcome::duplicate, errc::ok, 0});
      return {later, needs::nothing};
    }
    if (policy == on_duplicate::fail) {
      error exists{errc::record_exists, "is record "};
      fail(later, {outcome::duplicate, errc::record_exists, 0}, exists.more(earlier).more(" of the batch too"));
      return {later, needs::nothing};
    }
    if (of.held == none) return {later, needs::request};  // a stranger's, that must be looked at
    const record_view ours = records_[later], held = records_[of.held];
    const record_comparison compared = compare_records(ours, held);
    if (compared.match == record_match::equal) {
      set_outcome(later, {outcome::delivered, errc::ok, 0});
      return {later, needs::nothing};
    }
    if (policy == on_duplicate::update && ours.stop_time && !held.stop_time &&
        compared.match == record_match::all_but_stop_time)
      return {later, needs::stop_time};
    error conflict{errc::conflict, "differs from record "};
    conflict.more(of.held).more(" of the batch: ").more(compared.difference.words());
    fail(later, {outcome::duplicate, errc::conflict, 0}, conflict);
    return {later, needs::nothing};
  }

  // Whether an earlier record was stored, nobody knows: then nobody knows it of a later one that is the same.
  void spread_unknown(const chain& over) {
    std::vector<std::uint32_t> doubtful;  // no two of them the same
    const auto look_at = [&](std::uint32_t i) {
      const bool is_doubtful = std::any_of(doubtful.begin(), doubtful.end(), [&](std::uint32_t earlier) {
        return !difference(records_[earlier], records_[i]);
      });
      if (is_doubtful)
        report_.may_be_stored(i);
      else if (report_[i].outcome == outcome::unknown)
        doubtful.push_back(i);
    };
    look_at(over.first);
    for (std::uint32_t t = over.begin; t != over.end; ++t) look_at(later_[t]);
  }

  view_list<record_view> records_;
  told_progress progress_;
  std::vector<std::uint32_t> order_;  // the index of each position
  std::vector<std::uint32_t> later_;
  std::vector<chain> chains_;
  std::size_t untaken_ = 0;
  std::size_t stop_times_ = static_cast<std::size_t>(-1);  // from this position on, a PUT is enough
  std::size_t working_ = 0;                                // windows
  std::size_t decided_ = 0;
  error stopped_;
  bulk_report report_;
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
