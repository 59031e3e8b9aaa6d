// Where a bulk says what became of its records: in outcomes and to callbacks of the caller's, and in a report, if there is one.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/json/record_codec.hpp>
#include <auditor/model/record_view.hpp>
#include <auditor/operation/bulk_summary.hpp>
#include <auditor/operation/options.hpp>

#include <cstddef>
#include <span>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

/// What is known of the records of a bulk before it looks at them. **Lifetime**: what it refers to outlives the call.
struct known_records {
  bool are_valid = false;  // all of them
  // Of each what `encoder` makes of it, or nothing where that is not known; none at all: it is known of no record.
  std::span<const std::string_view> texts{};
  encode_function encoder = nullptr;
};

/// **Lifetime**: what it refers to outlives the call.
struct outcome_room {
  std::span<record_outcome> outcomes;
  bulk_summary& sum;
  /// Keeps the words of a failure, or those of what ended the call, before all others; null: nobody does.
  void (*keep)(bulk_summary& sum, const error& words, bool ended) = nullptr;
  known_records known{};
};

/// What a queue gives to a bulk: it has their texts, and checked them while others were under way, so that nobody waits for either again.
struct queued_records : std::span<const record_view> {
  known_records known{};
};

class bulk_outcomes {
 public:
  /// Ended from the beginning, where there are fewer outcomes than records.
  bulk_outcomes(const outcome_room& to, view_list<record_view> records, const progress_callback& progress,
                const failure_callback& failed);

  std::size_t size() const noexcept { return records_.size(); }
  const record_outcome& operator[](std::size_t i) const noexcept { return to_.outcomes[i]; }
  bool has(std::size_t i) const noexcept { return to_.outcomes[i] != record_outcome{}; }
  void set(std::size_t i, const record_outcome& how) noexcept;
  void fail(std::size_t i, const record_outcome& how, error words);
  /// Says of a record that was certainly not stored that it may have been, by another of its id.
  void may_be_stored(std::size_t i) noexcept;
  /// Counts a request.
  void sent() noexcept { ++to_.sum.requests_; }
  /// An answer was.
  void lost() noexcept { to_.sum.lost_ = true; }

  /// What would refuse the next request too: nothing more is sent. The first one counts; another is a failure like any.
  void end(const error& why);
  bool ended() const noexcept { return ended_; }
  /// Of one that is. **Lifetime**: this.
  const error& why_ended() const noexcept { return to_.sum.first_; }

  void report_progress();
  /// What has no outcome when the call was ended was not applied. Adds up what became of the records, and says the same in words.
  void finish();

 private:
  void tell(const error& words, bool ended);

  outcome_room to_;
  view_list<record_view> records_;
  failure_callback failed_;
  progress_callback progress_;
  std::size_t decided_ = 0, told_ = static_cast<std::size_t>(-1);
  bool ended_ = false;
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_BODIES
#include <auditor/impl/operation/bulk_outcomes.ipp>
#endif
