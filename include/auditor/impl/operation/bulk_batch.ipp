// Bodies of operation/bulk_batch.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/impl/base/sorted_numbers.hpp>
#include <auditor/model/validate.hpp>
#include <auditor/operation/bulk_batch.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

AUDITOR_DECL bulk_batch::bulk_batch(view_list<record_view> records, const outcome_room& to, const call_context& with,
                                    const bulk_insert_options& call)
    : policy(call.duplicates),
      most_records((std::max)(with.settings.max_batch, std::size_t{1})),
      most_bytes((std::clamp)(with.settings.max_body, std::size_t{1}, largest_body)),
      records_(records),
      known_(to.known),
      texts_(with.texts),
      compares_(with.settles_lost != nullptr ? with.settles_lost : policy.look_up()),
      order_(with.texts),
      later_(with.texts),
      chains_(with.texts),
      outcomes_(to, records, call.progress, call.failed) {
  if (stopped()) return;
  if (!order_.reserve(records_.size())) {
    refuse(records_.size() * sizeof(std::uint32_t));
    return;
  }
  for (std::size_t i = 0; i < records_.size(); ++i) {
    if (error why; !to.known.are_valid && !is_valid(records_[i], purpose::add, why))
      fail(i, {outcome::rejected, why.code, 0}, why);
    else
      order_.push_back(static_cast<std::uint32_t>(i));
  }
  const auto before = [this](std::uint32_t a, std::uint32_t b) {
    const int by_id = records_[a].record_id.compare(records_[b].record_id);
    return by_id != 0 ? by_id < 0 : a < b;
  };
  put_in_order(std::span(order_.begin(), order_.end()), number_order::by(before));
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

AUDITOR_DECL void bulk_batch::stop(error why, std::size_t i) {
  why.index = i;
  outcomes_.end(why.of(records_[i].record_id));
}

AUDITOR_DECL void bulk_batch::finish() {
  for (; untaken_ < order_.size(); ++untaken_)
    set_outcome(order_[untaken_], {outcome::not_applied, why_stopped().code, why_stopped().status});
  for (chain& each : chains_) {
    for (; each.next != each.end; ++each.next)
      if (const auto [i, what] = next_of(each); what != needs::nothing)
        set_outcome(i, {outcome::not_applied, why_stopped().code, why_stopped().status});
    spread_unknown(each);
  }
  outcomes_.finish();
}

AUDITOR_DECL void bulk_batch::separate_same_ids() {
  std::size_t later = 0, chains = 0;
  for (std::size_t p = 1; p < order_.size(); ++p)
    if (is_as_before(p)) ++later, chains += p == 1 || !is_as_before(p - 1) ? 1u : 0u;
  if (later == 0) return;
  if (!later_.reserve(later) || !chains_.reserve(chains))
    return refuse((records_.size() + later) * sizeof(std::uint32_t) + chains * sizeof(chain));
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
  order_.cut(kept);
}

AUDITOR_DECL bool bulk_batch::is_as_before(std::size_t position) const {
  return records_[order_[position]].record_id == records_[order_[position - 1]].record_id;
}

AUDITOR_DECL void bulk_batch::refuse(std::size_t bytes) {
  error e{errc::buffer_full, "the order of the batch takes "};
  outcomes_.end(e.more(bytes).more(" bytes, there is room for ").more(texts_.size()));
  order_.cut(0);
}

AUDITOR_DECL bool bulk_batch::has_next_round() {
  const std::size_t before = order_.size();
  for (chain& each : chains_)
    for (bool is_decided = true; is_decided && each.next != each.end; ++each.next) {
      const auto [i, what] = next_of(each);
      if (what == needs::request) order_.push_back(i);
      each.is_to_be_closed = what == needs::stop_time;
      is_decided = what == needs::nothing;
    }
  stop_times_ = order_.size();
  for (chain& each : chains_)
    if (std::exchange(each.is_to_be_closed, false)) order_.push_back(later_[each.next - 1]);
  return order_.size() != before;
}

AUDITOR_DECL std::pair<std::uint32_t, bulk_batch::needs> bulk_batch::next_of(chain& of) {
  const std::uint32_t later = later_[of.next], earlier = of.next == of.begin ? of.first : later_[of.next - 1];
  switch (outcomes_[earlier].outcome) {
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
  const record_comparison compared = compares_->compare(ours, held);
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
  const auto is_same = [this](std::uint32_t a, std::uint32_t b) {
    return compares_ == nullptr || compares_->compare(records_[a], records_[b]).match == record_match::equal;
  };
  for (std::uint32_t t = over.begin; t != over.end; ++t) {
    const auto may_be = [&](std::uint32_t earlier) {
      return outcomes_[earlier].outcome == outcome::unknown && is_same(earlier, later_[t]);
    };
    bool is_doubtful = may_be(over.first);
    for (std::uint32_t earlier = over.begin; !is_doubtful && earlier != t; ++earlier) is_doubtful = may_be(later_[earlier]);
    if (is_doubtful) outcomes_.may_be_stored(later_[t]);
  }
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
