// Bodies of client/sharing_room.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/client/sharing_room.hpp>
#include <auditor/http/call.hpp>
#include <auditor/impl/base/sorted_numbers.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

AUDITOR_DECL void ring_link::unlink() noexcept {
  previous_->next_ = next_;
  next_->previous_ = previous_;
  previous_ = next_ = this;
}

AUDITOR_DECL void ring_link::link_before(ring_link& end) noexcept {
  previous_ = end.previous_;
  next_ = &end;
  previous_->next_ = end.previous_ = this;
}

AUDITOR_DECL void ring_link::take(ring_link& other) noexcept {
  if (other.is_alone()) return;
  link_before(other.next());
  other.unlink();
}

AUDITOR_DECL bool riders_request::has(id_hash id) const noexcept {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

AUDITOR_DECL bool sharing_room::is_inherited() const noexcept { return forks_ != forks.load(std::memory_order_relaxed); }

AUDITOR_DECL bool sharing_room::is_under_way(id_hash id) const noexcept {
  for (const ring_link* each = &alone_.next(); each != &alone_; each = &each->next())
    if (static_cast<const rider*>(each)->hash == id) return true;
  for (const ring_link* each = &together_.next(); each != &together_; each = &each->next())
    if (static_cast<const riders_request*>(each)->has(id)) return true;
  return false;
}

AUDITOR_DECL bool sharing_room::is_free_for(const rider& one) const noexcept {
  if (is_inherited() && !is_empty()) return true;
  return !was_shared_ && under_way_ < at_once && waiting_.is_alone() && !is_under_way(one.hash);
}

AUDITOR_DECL void sharing_room::goes_alone(rider& one, bool holds_up, ticks now) noexcept {
  if (is_empty()) forks_ = forks.load(std::memory_order_relaxed);
  one.link_before(alone_);
  if (!holds_up) return;
  begun(now);
  was_shared_ = false;
}

AUDITOR_DECL void sharing_room::goes(riders_request& together, ticks now) noexcept {
  together.link_before(together_);
  if (together.holds_up) begun(now);
}

AUDITOR_DECL void sharing_room::begun(ticks now) noexcept {
  ++under_way_;
  went_at_ = now;
}

AUDITOR_DECL void sharing_room::waits(rider& one) noexcept {
  if (is_empty()) forks_ = forks.load(std::memory_order_relaxed);
  one.link_before(waiting_);
}

AUDITOR_DECL void sharing_room::leaves(rider& one) noexcept {
  const bool was_first = is_first(one);
  one.unlink();
  if (was_first) wake_first();
}

AUDITOR_DECL void sharing_room::ended_alone(bool held_up) noexcept {
  if (held_up) --under_way_;
  ring();
}

AUDITOR_DECL void sharing_room::ended(const riders_request& together) noexcept {
  if (together.holds_up) {
    --under_way_;
    was_shared_ = true;
  }
  ring();
}

AUDITOR_DECL void sharing_room::ring() noexcept {
  if (under_way_ >= at_once || has_rung_) return;
  is_early_ = true;
  wake_first();
}

AUDITOR_DECL void sharing_room::wake_first() noexcept {
  has_rung_ = !waiting_.is_alone();
  if (!has_rung_) return;
  auto& first = static_cast<rider&>(waiting_.next());
  first.ring(first);
}

AUDITOR_DECL std::vector<rider*> sharing_room::gather(std::size_t most_records, std::size_t most_bytes, bool anyway) {
  std::vector<rider*> group;
  has_rung_ = false;
  if (under_way_ >= at_once && !anyway) return group;
  const bool is_anything_under_way = !alone_.is_alone() || !together_.is_alone();
  std::size_t bytes = 0;
  std::vector<rider*> all;
  for (ring_link* each = &waiting_.next(); each != &waiting_ && all.size() < most_records; each = &each->next()) {
    auto& one = static_cast<rider&>(*each);
    if (is_anything_under_way && is_under_way(one.hash)) continue;
    bytes += one.body.size() + 2;
    most_records = (std::min)(most_records, one.most);
    if (!all.empty() && (all.size() >= most_records || bytes > (std::min)(most_bytes, most_bytes_))) break;
    all.push_back(&one);
  }
  // Of one id the one that came first.
  const auto before = [&all](std::uint32_t a, std::uint32_t b) {
    const int by_id = all[a]->id.compare(all[b]->id);
    return by_id != 0 ? by_id < 0 : a < b;
  };
  group.reserve(all.size());
  for (const std::uint32_t i : sorted_numbers(all.size(), number_order::by(before)))
    if (group.empty() || group.back()->id != all[i]->id) group.push_back(all[i]);
  for (rider* each : group) each->unlink();
  if (!group.empty()) wake_first();  // it takes over the watch
  return group;
}

AUDITOR_DECL void sharing_room::too_large(std::size_t bytes) noexcept { most_bytes_ = (std::min)(most_bytes_, bytes / 2); }

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
