// A store in memory: for what need not survive the process, and for tests.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/queue/bodies.hpp>
#include <auditor/queue/store.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace auditor {
inline namespace AUDITOR_ABI {

/// Keeps entries as long as the process lives: `durability::none`. **Memory**: the JSON of each entry and some 100 bytes.
///
/// ```cpp
/// auditor::queued_client queue(std::move(client), auditor::memory_store());
/// ```
class AUDITOR_EXPORT memory_store {
 public:
  /// As `queue_store` says.
  error append(std::span<const new_entry> entries);
  /// As `queue_store` says.
  error read(std::uint64_t after, std::size_t most, std::size_t most_bytes, std::vector<queue_entry>& to);
  /// As `queue_store` says.
  error settle(std::span<const std::uint64_t> numbers, timestamp hold_until);
  /// As `queue_store` says.
  error bury(std::span<const dead_letter> letters);
  /// As `queue_store` says.
  error dead_letters(std::uint64_t after, std::size_t most, std::vector<dead_letter>& to);
  /// As `queue_store` says.
  error revive(std::uint64_t number, timestamp now, bool& found);
  /// As `queue_store` says.
  error discard(std::uint64_t number, bool& found);
  /// How much it holds.
  store_counts counts() const noexcept { return counts_; }
  /// The latest time that a `settle` gave.
  timestamp held_until() const noexcept { return held_until_; }
  /// What it promises.
  durability level() const noexcept { return durability::none; }

 private:
  struct kept {
    entry_kind kind;
    timestamp accepted;
    std::string json;
  };

  void drop(std::uint64_t number);

  std::map<std::uint64_t, kept> entries_;
  std::map<std::uint64_t, dead_letter> dead_;
  store_counts counts_;
  timestamp held_until_{};
};
static_assert(queue_store<memory_store>);

}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_QUEUE_BODIES
#include <auditor/impl/queue/memory_store.ipp>
#endif
