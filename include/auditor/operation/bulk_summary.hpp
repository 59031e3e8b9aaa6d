// What became of one record of a batch, and how many of a batch came to what.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/error.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {
class bulk_outcomes;
}

/// What became of one record of a batch. 4 bytes each; `bulk_report::errors` has words for them.
struct AUDITOR_EXPORT record_outcome {
  auditor::outcome outcome = auditor::outcome::not_applied;  ///< what became of it
  errc code{};                                               ///< ok: success under the duplicate policy asked for
  std::uint16_t status = 0;                                  ///< of the answer that says so; 0: no answer was needed

  friend bool operator==(const record_outcome&, const record_outcome&) = default;
};
static_assert(sizeof(record_outcome) == 4);

/// What became of a batch, in numbers: true when every record is where it should be. What became of each is in the outcomes that
/// the caller gave to the call.
///
/// ```cpp
/// std::array<auditor::record_outcome, 8> outcomes;
/// const auditor::bulk_summary sent = client.bulk_insert(samples, outcomes);
/// if (!sent) log(auditor::message(sent.error()));
/// ```
/// **Memory**: none but its own.
class [[nodiscard]] AUDITOR_EXPORT bulk_summary {
 public:
  /// True when every record was stored, or is a duplicate that the policy accepts.
  explicit operator bool() const noexcept { return failures_ == 0; }
  /// What ended the call, else the first failure; code ok when there is none.
  const auditor::error& error() const& noexcept { return first_; }
  /// The same of a temporary: a value of its own.
  auditor::error error() && noexcept { return first_; }

  /// How many records came to this.
  std::size_t count(outcome result) const noexcept { return counts_[static_cast<std::size_t>(result)]; }
  /// How many are stored.
  std::size_t delivered() const noexcept { return count(outcome::delivered); }
  /// How many ids were known, whether the policy accepts that or not.
  std::size_t duplicates() const noexcept { return count(outcome::duplicate); }
  /// How many never will be stored as they are.
  std::size_t rejected() const noexcept { return count(outcome::rejected); }
  /// How many are certainly not stored; send them again.
  std::size_t not_applied() const noexcept { return count(outcome::not_applied); }
  /// How many may be stored; send them again with `on_duplicate::compare`.
  std::size_t unknown() const noexcept { return count(outcome::unknown); }
  /// Records whose code is not ok.
  std::size_t failures() const noexcept { return failures_; }
  /// Requests that carried records, repeats, look-ups and stop times of a `bulk_insert` not counted.
  std::size_t requests() const noexcept { return requests_; }
  /// Of a `bulk_update`, and of the stop times that a `bulk_insert` sets: whether some answer did not come. What that request asked for may still be done, behind what was asked for later.
  bool has_lost_answers() const noexcept { return lost_; }

 private:
  friend class detail::bulk_outcomes;

  std::array<std::size_t, 5> counts_{};
  std::size_t failures_ = 0;
  std::size_t requests_ = 0;
  bool lost_ = false;
  auditor::error first_;
};

}  // namespace AUDITOR_ABI
}  // namespace auditor
