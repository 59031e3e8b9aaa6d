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
  records_ = std::move(other.records_);
  errors_ = std::move(other.errors_);
  counts_ = other.counts_;
  failures_ = other.failures_;
  requests_ = other.requests_;
  return *this;
}

AUDITOR_DECL const auditor::error& bulk_report::error() const& noexcept {
  return errors_.empty() ? none_ : errors_.front();
}

AUDITOR_DECL auditor::error bulk_report::error() && noexcept { return errors_.empty() ? none_ : errors_.front(); }

AUDITOR_DECL std::size_t bulk_report::delivered() const noexcept { return count(outcome::delivered); }

AUDITOR_DECL std::size_t bulk_report::duplicates() const noexcept { return count(outcome::duplicate); }

AUDITOR_DECL std::size_t bulk_report::rejected() const noexcept { return count(outcome::rejected); }

AUDITOR_DECL std::size_t bulk_report::not_applied() const noexcept { return count(outcome::not_applied); }

AUDITOR_DECL std::size_t bulk_report::unknown() const noexcept { return count(outcome::unknown); }

AUDITOR_DECL void bulk_report::may_be_stored(std::size_t i) noexcept {
  if (records_[i].outcome != outcome::not_applied && records_[i].outcome != outcome::rejected) return;
  records_[i].outcome = outcome::unknown;
}

AUDITOR_DECL void bulk_report::keep(const auditor::error& failure) {
  if (errors_.size() < most_errors) errors_.push_back(failure);
}

AUDITOR_DECL void bulk_report::keep_first(const auditor::error& failure) {
  errors_.push_back(failure);
  for (std::size_t i = errors_.size() - 1; i != 0; --i) std::swap(errors_[i], errors_[i - 1]);
}

AUDITOR_DECL void bulk_report::finish() noexcept {
  counts_ = {};
  failures_ = 0;
  for (const record_outcome& each : records_) {
    ++counts_[static_cast<std::size_t>(each.outcome)];
    if (each.code != errc::ok) ++failures_;
  }
  // What ended the call was said before all was known of its record.
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
