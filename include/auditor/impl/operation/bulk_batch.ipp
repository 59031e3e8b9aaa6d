// Bodies of operation/bulk_batch.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/impl/base/sorted_numbers.hpp>
#include <auditor/model/difference.hpp>
#include <auditor/model/validate.hpp>
#include <auditor/operation/bulk_batch.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

AUDITOR_DECL bulk_batch::bulk_batch(view_list<record_view> records, const options& settings,
                                    const bulk_insert_options& call)
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
  const auto before = [this](std::uint32_t a, std::uint32_t b) {
    const int by_id = records_[a].record_id.compare(records_[b].record_id);
    return by_id != 0 ? by_id < 0 : a < b;
  };
  model_detail::sort_numbers(order_, model_detail::number_order::by(before));
  separate_same_ids();
}

AUDITOR_DECL bool bulk_batch::next_round() {
  if (working_ > 1 || !has_next_round()) {
    --working_;
    return false;
  }
  return true;
}

AUDITOR_DECL bool bulk_batch::take_next(std::size_t position) noexcept {
  if (position != untaken_ || untaken_ == order_.size()) return false;
  ++untaken_;
  return true;
}

AUDITOR_DECL bool bulk_batch::has_outcome(std::size_t i) const noexcept { return report_[i] != record_outcome{}; }

AUDITOR_DECL void bulk_batch::set_outcome(std::size_t i, const record_outcome& how) {
  if (!has_outcome(i)) ++decided_;
  report_.set_outcome(i, how);
}

AUDITOR_DECL void bulk_batch::fail(std::size_t i, const record_outcome& how, error words) {
  set_outcome(i, how);
  words.outcome = how.outcome;
  words.index = i;
  words.of(records_[i].record_id);
  report_.keep(words);
}

AUDITOR_DECL void bulk_batch::reject(std::size_t i, const error& why) {
  fail(i, {outcome::rejected, why.code, why.status}, why);
}

AUDITOR_DECL void bulk_batch::sent() noexcept { report_.sent(); }

AUDITOR_DECL void bulk_batch::stop(error why, std::size_t i) {
  why.index = i;
  why.of(records_[i].record_id);
  if (stopped())
    report_.keep(why);
  else
    stopped_ = why;
}

AUDITOR_DECL void bulk_batch::report_progress() { progress_.tell(decided_, records_.size()); }

AUDITOR_DECL bulk_report bulk_batch::take() {
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

AUDITOR_DECL void bulk_batch::separate_same_ids() {
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

AUDITOR_DECL bool bulk_batch::has_next_round() {
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
  for (const std::uint32_t i : stop_times) order_.push_back(i);
  return order_.size() != before;
}

AUDITOR_DECL std::pair<std::uint32_t, bulk_batch::needs> bulk_batch::next_of(chain& of) {
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

AUDITOR_DECL void bulk_batch::spread_unknown(const chain& over) {
  std::vector<std::uint32_t> doubtful;  // no two of them the same
  const auto look_at = [&](std::uint32_t i) {
    bool is_doubtful = false;
    for (const std::uint32_t earlier : doubtful) is_doubtful = is_doubtful || !difference(records_[earlier], records_[i]);
    if (is_doubtful)
      report_.may_be_stored(i);
    else if (report_[i].outcome == outcome::unknown)
      doubtful.push_back(i);
  };
  look_at(over.first);
  for (std::uint32_t t = over.begin; t != over.end; ++t) look_at(later_[t]);
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
