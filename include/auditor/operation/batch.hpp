// Many records by reference, and what became of each: the ground that the bulk operations stand on.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/error.hpp>
#include <auditor/model/record_view.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <ranges>
#include <utility>
#include <vector>

namespace auditor {
inline namespace AUDITOR_ABI {

/// What became of one record of a batch. 4 bytes each; `bulk_report::errors` has the words of the first failures.
struct AUDITOR_EXPORT settled {
  outcome result = outcome::not_applied;
  errc code{};               ///< ok: success under the duplicate policy asked for
  std::uint16_t status = 0;  ///< of the answer that settled it; 0: settled here

  friend bool operator==(const settled&, const settled&) = default;
};
static_assert(sizeof(settled) == 4);

/// What became of a batch: true when every record is where it should be. Indexes are those of the caller's range.
class [[nodiscard]] AUDITOR_EXPORT bulk_report {
 public:
  /// How many failures are kept with their words.
  static constexpr std::size_t most_errors = 100;

  bulk_report() = default;
  explicit bulk_report(std::size_t records) : records_(records) {}

  bulk_report(const bulk_report&) = default;
  bulk_report(bulk_report&&) = default;
  bulk_report& operator=(const bulk_report&) = default;
  // Moved onto itself it stays as it is, as a record does.
  bulk_report& operator=(bulk_report&& other) noexcept {
    if (this == &other) return *this;
    records_ = std::move(other.records_);
    errors_ = std::move(other.errors_);
    counts_ = other.counts_;
    failures_ = other.failures_;
    requests_ = other.requests_;
    return *this;
  }

  /// True when every record was stored, or is a duplicate that the policy accepts.
  explicit operator bool() const noexcept { return failures_ == 0; }
  /// The first failure; code ok when there is none.
  const auditor::error& error() const noexcept { return errors_.empty() ? none_ : errors_.front(); }

  std::size_t size() const noexcept { return records_.size(); }
  const settled& operator[](std::size_t i) const noexcept { return records_[i]; }
  auto begin() const noexcept { return records_.begin(); }
  auto end() const noexcept { return records_.end(); }

  std::size_t count(outcome result) const noexcept { return counts_[static_cast<std::size_t>(result)]; }
  std::size_t delivered() const noexcept { return count(outcome::delivered); }
  std::size_t duplicates() const noexcept { return count(outcome::duplicate); }
  std::size_t rejected() const noexcept { return count(outcome::rejected); }
  std::size_t not_applied() const noexcept { return count(outcome::not_applied); }
  std::size_t unknown() const noexcept { return count(outcome::unknown); }
  /// Records whose code is not ok.
  std::size_t failures() const noexcept { return failures_; }
  /// The words of the first `most_errors` failures, in the order in which they were found; `index` says which record.
  const std::vector<auditor::error>& errors() const noexcept { return errors_; }
  /// Requests sent, repeats not counted.
  std::size_t requests() const noexcept { return requests_; }

  /// For the operations: sets the outcome of a record. A record is settled once.
  void settle(std::size_t i, const settled& how) noexcept { records_[i] = how; }
  /// For the operations: keeps the words of a failure.
  void keep(const auditor::error& failure) {
    if (errors_.size() < most_errors) errors_.push_back(failure);
  }
  /// For the operations: keeps the words of what ended the call, before all others.
  void keep_first(const auditor::error& failure) { errors_.insert(errors_.begin(), failure); }
  void sent() noexcept { ++requests_; }
  /// For the operations: adds up what became of the records.
  void finish() noexcept {
    counts_ = {};
    failures_ = 0;
    for (const settled& each : records_) {
      ++counts_[static_cast<std::size_t>(each.result)];
      if (each.code != errc::ok) ++failures_;
    }
  }

 private:
  std::vector<settled> records_;
  std::vector<auditor::error> errors_;
  std::array<std::size_t, 5> counts_{};
  std::size_t failures_ = 0;
  std::size_t requests_ = 0;
  auditor::error none_;
};

/// Any random-access range of things that a view can be made of, as one type. **Lifetime**: the range outlives it.
template <class Range>
concept record_range = std::ranges::random_access_range<const Range> && std::ranges::sized_range<const Range> &&
                       std::convertible_to<std::ranges::range_reference_t<const Range>, record_view>;

namespace detail {

template <record_range Range>
view_list<record_view> as_batch(const Range& range) {
  return {&range, static_cast<std::size_t>(std::ranges::size(range)), [](const void* data, std::size_t i) -> record_view {
            const auto& records = *static_cast<const Range*>(data);
            return std::ranges::begin(records)[static_cast<std::ranges::range_difference_t<const Range>>(i)];
          }};
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
