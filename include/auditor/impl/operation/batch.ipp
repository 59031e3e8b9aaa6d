// Bodies of operation/batch.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/operation/batch.hpp>

#include <cstddef>
#include <utility>

namespace auditor {
inline namespace AUDITOR_ABI {

AUDITOR_DECL bulk_report::bulk_report() noexcept = default;

AUDITOR_DECL bulk_report::bulk_report(bulk_report&&) noexcept = default;

AUDITOR_DECL bulk_report::~bulk_report() = default;

AUDITOR_DECL bulk_report& bulk_report::operator=(bulk_report&& other) noexcept {
  if (this == &other) return *this;
  bulk_summary::operator=(other);
  records_ = std::move(other.records_);
  errors_ = std::move(other.errors_);
  return *this;
}

AUDITOR_DECL void bulk_report::keep(bulk_summary& self, const auditor::error& words, bool ended) {
  std::vector<auditor::error>& errors = static_cast<bulk_report&>(self).errors_;
  if (ended || errors.size() < most_errors) errors.push_back(words);
  if (ended)
    for (std::size_t i = errors.size() - 1; i != 0; --i) std::swap(errors[i], errors[i - 1]);
}

AUDITOR_DECL void bulk_report::finish() noexcept {
  // Some were said before all was known of their record.
  for (auditor::error& each : errors_) each.outcome = records_[static_cast<std::size_t>(each.index)].outcome;
}

namespace detail {

AUDITOR_DECL record_batch::record_batch() noexcept = default;

AUDITOR_DECL record_batch::record_batch(record_batch&&) noexcept = default;

AUDITOR_DECL record_batch::~record_batch() = default;

AUDITOR_DECL view_list<record_view> record_batch::list() const noexcept {
  using list = view_list<record_view>;
  if (!views_.empty()) return list::over(views_.data(), views_.size());
  if (!made_.empty()) return list::over(made_.data(), made_.size());
  return held_;
}

AUDITOR_DECL record record_batch::keep(const record_view& seen) { return to_record(seen); }

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
