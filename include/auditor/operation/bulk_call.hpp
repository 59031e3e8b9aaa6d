// A bulk and what it gives back: a report of its own, or a summary beside outcomes of the caller's.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/json/record_codec.hpp>
#include <auditor/operation/batch.hpp>
#include <auditor/operation/bulk_outcomes.hpp>
#include <auditor/operation/bulk_summary.hpp>
#include <auditor/operation/call_context.hpp>

#include <concepts>
#include <cstddef>
#include <ranges>
#include <span>
#include <utility>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

/// **Memory**: as `record_batch`, and the report's.
struct kept_report {
  template <class Range>
  explicit kept_report(Range& given) : records(given), report(records.list().size()) {}

  view_list<record_view> list() const noexcept { return records.list(); }
  outcome_room room() noexcept { return report.room(); }
  bulk_report take() {
    report.finish();
    return std::move(report);
  }

  record_batch records;
  bulk_report report;
};

/// **Memory**: none. **Lifetime**: of the records and outcomes, that of the call.
struct kept_summary {
  template <class Range>
  kept_summary(const Range& given, std::span<record_outcome> to) noexcept
      : records(view_list<record_view>::over(std::ranges::data(given), std::ranges::size(given))), outcomes(to) {
    if constexpr (std::same_as<Range, queued_records>) known = given.known;
  }

  view_list<record_view> list() const noexcept { return records; }
  outcome_room room() noexcept { return {outcomes, sum, nullptr, known}; }
  bulk_summary take() const noexcept { return sum; }

  view_list<record_view> records;
  std::span<record_outcome> outcomes;
  bulk_summary sum;
  known_records known;
};

template <class Bulk, class Kept>
class bulk_call : private Kept, public Bulk {
 public:
  template <class Options>
  bulk_call(Kept&& kept, encode_function encode, const call_context& with, const Options& call)
      : Kept(std::move(kept)), Bulk(Kept::list(), Kept::room(), encode, with, call) {}

  auto take() {
    Bulk::take();
    return Kept::take();
  }
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
