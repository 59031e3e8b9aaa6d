// Many records by reference, and what became of each: the ground that the bulk operations stand on.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/error.hpp>
#include <auditor/http/executor.hpp>
#include <auditor/model/record_view.hpp>
#include <auditor/operation/bulk_outcomes.hpp>
#include <auditor/operation/bulk_summary.hpp>

#include <concepts>
#include <cstddef>
#include <ranges>
#include <type_traits>
#include <utility>
#include <vector>

namespace auditor {
inline namespace AUDITOR_ABI {

/// What became of a batch: true when every record is where it should be. Indexes are those of the caller's range.
///
/// ```cpp
/// std::cout << report.delivered() << " stored, " << report.duplicates() << " known, " << report.failures() << " failed\n";
/// for (const auditor::error& e : report.errors()) std::cerr << message(e) << '\n';  // the first 100, with their words
/// ```
/// **Lifetime**: what is taken from a temporary report is a value of its own.
class [[nodiscard]] AUDITOR_EXPORT bulk_report : public bulk_summary {
 public:
  /// How many failures are kept with their words.
  static constexpr std::size_t most_errors = 100;

  bulk_report() noexcept;
  /// Of so many records, with nothing done.
  explicit bulk_report(std::size_t records) : records_(records) {}

  bulk_report(const bulk_report&) = default;
  /// Takes what the other one has.
  bulk_report(bulk_report&&) noexcept;
  bulk_report& operator=(const bulk_report&) = default;
  // Moved onto itself it stays as it is, as a record does.
  bulk_report& operator=(bulk_report&& other) noexcept;
  ~bulk_report();

  std::size_t size() const noexcept { return records_.size(); }
  const record_outcome& operator[](std::size_t i) const& noexcept { return records_[i]; }
  record_outcome operator[](std::size_t i) && noexcept { return records_[i]; }
  auto begin() const noexcept { return records_.begin(); }
  auto end() const noexcept { return records_.end(); }

  /// The words of the first `most_errors` failures, in the order in which they were found; `index` says which record.
  /// What ended the call (no role, no server, a cancellation ...) comes first, and once: its `index` is the record at which it
  /// did, and the records that it left have its code and no words of their own. To go through all that failed, go through the
  /// report: each record with a `code` that is not ok.
  const std::vector<auditor::error>& errors() const& noexcept { return errors_; }
  /// The same of a temporary: a value of its own.
  std::vector<auditor::error> errors() && noexcept { return std::move(errors_); }
  /// For the operations: where the outcomes go.
  detail::outcome_room room() noexcept { return {records_, *this, &keep}; }
  /// For the operations: says in words too what became of the records.
  void finish() noexcept;

 private:
  static void keep(bulk_summary& self, const auditor::error& words, bool ended);

  std::vector<record_outcome> records_;
  std::vector<auditor::error> errors_;
};

/// Any range of records, `record_view`s, or what converts to them: containers, braces, pipelines of views.
template <class Range>
concept record_range =
    std::ranges::input_range<Range> && std::convertible_to<std::ranges::range_reference_t<Range>, record_view> &&
    std::convertible_to<const std::remove_reference_t<std::ranges::range_reference_t<Range>>&, record_view>;

namespace detail {

/// Its records are somewhere, and stay there: not made by looking at them, as `jobs | std::views::transform(to_record)` does. Of
/// a pipeline nobody knows: its function may fill one record again and again.
template <class Range>
concept holds_its_records = record_range<Range> && std::ranges::forward_range<Range> &&
                            (std::ranges::contiguous_range<Range> || !std::ranges::view<std::remove_cvref_t<Range>>) &&
                            (std::is_lvalue_reference_v<std::ranges::range_reference_t<Range>> ||
                             std::same_as<std::remove_cvref_t<std::ranges::range_reference_t<Range>>, record_view>);

/// Not a temporary that is gone when an asynchronous call is under way: keep it in a variable. A span of records is none, nor
/// is any other borrowed range.
template <class Range, class Executor>
concept range_outlives_the_call =
    !async_executor<Executor> || std::is_lvalue_reference_v<Range> || std::ranges::borrowed_range<Range>;

/// The records of a range by number. **Memory**: none for a contiguous range; a view of each record for another that holds
/// its records, as a container does; the records themselves for a pipeline, and what gives each but once. **Lifetime**: a range that holds its
/// records outlives this.
class record_batch {
 public:
  template <record_range Range>
  explicit record_batch(Range&& records) : record_batch() {
    using given = std::remove_reference_t<Range>;
    if constexpr (holds_its_records<Range> && std::ranges::contiguous_range<const given> &&
                  std::ranges::sized_range<const given>) {
      held_ = view_list<record_view>::over(std::ranges::data(records), std::ranges::size(records));
    } else if constexpr (holds_its_records<Range>) {
      for (auto&& each : records) views_.push_back(each);
    } else {
      for (auto&& each : records) made_.push_back(keep(std::forward<decltype(each)>(each)));
    }
  }

  record_batch(record_batch&&) noexcept;
  ~record_batch();

  /// **Lifetime**: until this one moves.
  view_list<record_view> list() const noexcept;

 private:
  record_batch() noexcept;

  static record keep(record&& made) noexcept { return std::move(made); }
  static record keep(const record_view& seen);

  view_list<record_view> held_;
  std::vector<record_view> views_;
  std::vector<record> made_;
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_BODIES
#include <auditor/impl/operation/batch.ipp>
#endif
