// Bodies of queue/memory_store.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/queue/memory_store.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace auditor {
inline namespace AUDITOR_ABI {

AUDITOR_DECL error memory_store::append(std::span<const new_entry> entries) {
  std::map<std::uint64_t, kept> added;  // all of them, before the first is one that waits
  store_counts counts = counts_;
  for (const new_entry& each : entries) {
    added.emplace_hint(added.end(), ++counts.last_number, kept{each.kind, each.accepted, std::string(each.json)});
    ++counts.waiting;
    counts.waiting_bytes += each.json.size();
  }
  entries_.merge(added);
  counts_ = counts;
  return {};
}

AUDITOR_DECL error memory_store::read(std::uint64_t after, std::size_t most, std::size_t most_bytes,
                                      std::vector<queue_entry>& to) {
  to.clear();
  std::size_t bytes = 0;
  for (auto at = entries_.upper_bound(after); at != entries_.end() && to.size() < most; ++at) {
    const auto& [number, entry] = *at;
    bytes += entry.json.size();
    if (!to.empty() && bytes > most_bytes) break;
    to.push_back({number, entry.kind, entry.accepted, entry.json});
  }
  return {};
}

AUDITOR_DECL error memory_store::settle(std::span<const std::uint64_t> numbers, timestamp hold_until) {
  for (const std::uint64_t number : numbers) drop(number);
  held_until_ = (std::max)(held_until_, hold_until);
  return {};
}

AUDITOR_DECL error memory_store::bury(std::span<const dead_letter> letters) {
  for (const dead_letter& each : letters) {
    drop(each.entry.number);
    ++counts_.dead;
    counts_.dead_bytes += each.entry.json.size();
    dead_.emplace(each.entry.number, each);
  }
  return {};
}

AUDITOR_DECL error memory_store::dead_letters(std::uint64_t after, std::size_t most, std::vector<dead_letter>& to) {
  to.clear();
  for (auto at = dead_.upper_bound(after); at != dead_.end() && to.size() < most; ++at) to.push_back(at->second);
  return {};
}

AUDITOR_DECL error memory_store::revive(std::uint64_t number, timestamp now, bool& found) {
  const auto at = dead_.find(number);
  found = at != dead_.end();
  if (!found) return {};
  const new_entry again{at->second.entry.kind, now, at->second.entry.json};
  append({&again, 1});
  return discard(number, found);
}

AUDITOR_DECL error memory_store::discard(std::uint64_t number, bool& found) {
  const auto at = dead_.find(number);
  found = at != dead_.end();
  if (!found) return {};
  --counts_.dead;
  counts_.dead_bytes -= at->second.entry.json.size();
  dead_.erase(at);
  return {};
}

AUDITOR_DECL void memory_store::drop(std::uint64_t number) {
  const auto at = entries_.find(number);
  if (at == entries_.end()) return;
  --counts_.waiting;
  counts_.waiting_bytes -= at->second.json.size();
  entries_.erase(at);
}

}  // namespace AUDITOR_ABI
}  // namespace auditor
