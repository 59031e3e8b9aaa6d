// What the windows of one bulk_insert share: the sorted batch, how far it was handed out, and what became of each record.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/model/difference.hpp>
#include <auditor/model/validate.hpp>
#include <auditor/operation/add.hpp>
#include <auditor/operation/batch.hpp>
#include <auditor/operation/options.hpp>

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
class bulk_batch {
 public:
  bulk_batch(view_list<record_view> records, const options& settings, const call_options& call)
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
    settle_twins();
  }
  bulk_batch(const bulk_batch&) = delete;
  bulk_batch& operator=(const bulk_batch&) = delete;

  const on_duplicate policy;
  const std::size_t most_records;  // of one request
  std::size_t most_bytes;          // of one request; a 413 halves it, for all windows

  std::size_t size() const noexcept { return order_.size(); }
  std::uint32_t index_at(std::size_t position) const noexcept { return order_[position]; }
  record_view record_of(std::size_t i) const { return records_[i]; }

  /// The first position that no window has taken.
  std::size_t untaken() const noexcept { return untaken_; }
  /// Takes this position for a window, if it is the next one.
  bool take_next(std::size_t position) noexcept {
    if (position != untaken_ || untaken_ == order_.size()) return false;
    ++untaken_;
    return true;
  }

  const settled& operator[](std::size_t i) const noexcept { return report_[i]; }
  bool is_settled(std::size_t i) const noexcept { return report_[i] != settled{}; }
  void settle(std::size_t i, const settled& how) {
    if (!is_settled(i)) ++settled_;
    report_.settle(i, how);
  }
  void fail(std::size_t i, const settled& how, error words) {
    settle(i, how);
    words.result = how.result;
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

  void report_progress() const {
    if (progress_.report != nullptr) progress_.report(progress_.self, settled_, records_.size());
  }

  bulk_report take() {
    for (; untaken_ < order_.size(); ++untaken_)
      settle(order_[untaken_], {outcome::not_applied, stopped_.code, stopped_.status});
    for (const auto& [twin, first] : twins_) settle(twin, report_[first]);
    report_progress();
    if (stopped()) report_.keep_first(stopped_);
    report_.finish();
    return std::move(report_);
  }

 private:
  // The server refuses a batch that holds an id twice.
  void settle_twins() {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < order_.size(); ++i) {
      const bool twin = kept > 0 && records_[order_[kept - 1]].record_id == records_[order_[i]].record_id;
      if (!twin) {
        order_[kept++] = order_[i];
        continue;
      }
      const std::uint32_t first = order_[kept - 1];
      error e = difference(records_[order_[i]], records_[first]);
      if (e.code == errc::ok) {
        twins_.push_back({order_[i], first});
        continue;
      }
      error conflict{errc::conflict, "differs from record "};
      conflict.more(first).more(" of the batch: ").more(e.words());
      reject(order_[i], conflict);
    }
    order_.resize(kept);
  }

  view_list<record_view> records_;
  progress_callback progress_;
  std::vector<std::uint32_t> order_;  // the index of each position
  std::vector<std::pair<std::uint32_t, std::uint32_t>> twins_;
  std::size_t untaken_ = 0;
  std::size_t settled_ = 0;
  error stopped_;
  bulk_report report_;
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
