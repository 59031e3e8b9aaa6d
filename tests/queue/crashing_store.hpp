// A store that fails for a while, and that loses the last of what it was told when the power goes: settles and letters, never an entry.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "../fault/random_source.hpp"

#include <auditor/queue/memory_store.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace queue_test {

/// As a write-ahead log that is written through for entries alone: a prefix of what came behind the last of them survives.
class crashing_store {
 public:
  explicit crashing_store(fault::random_source& chance) : chance_(chance) {}

  unsigned append_fails = 0, settle_fails = 0, bury_fails = 0, read_fails = 0;  // of a hundred
  std::size_t most_read = 0;
  bool settles_twice = false;  // something was settled, or buried, that does not wait

  auditor::error append(std::span<const auditor::new_entry> entries) {
    if (chance_.percent(append_fails)) return no_room();
    synchronise(pending_.size());
    disk_.append(entries);
    return live_.append(entries);
  }
  auditor::error read(std::uint64_t after, std::size_t most, std::size_t most_bytes,
                      std::vector<auditor::queue_entry>& to) {
    most_read = (std::max)(most_read, most);
    if (chance_.percent(read_fails)) return no_room();
    return live_.read(after, most, most_bytes, to);
  }
  auditor::error settle(std::span<const std::uint64_t> numbers, auditor::timestamp hold_until) {
    if (chance_.percent(settle_fails)) return no_room();
    const std::uint64_t before = counts().waiting;
    live_.settle(numbers, hold_until);
    settles_twice = settles_twice || before - counts().waiting != numbers.size();
    pending_.push_back({{numbers.begin(), numbers.end()}, hold_until, {}});
    return {};
  }
  auditor::error bury(std::span<const auditor::dead_letter> letters) {
    if (chance_.percent(bury_fails)) return no_room();
    const std::uint64_t before = counts().waiting;
    live_.bury(letters);
    settles_twice = settles_twice || before - counts().waiting != letters.size();
    pending_.push_back({{}, {}, {letters.begin(), letters.end()}});
    return {};
  }
  auditor::error dead_letters(std::uint64_t after, std::size_t most, std::vector<auditor::dead_letter>& to) {
    return live_.dead_letters(after, most, to);
  }
  auditor::store_counts counts() const noexcept { return live_.counts(); }
  auditor::timestamp held_until() const noexcept { return live_.held_until(); }

  void lose_power() {
    synchronise(chance_.below(pending_.size() + 1));
    live_ = disk_;
  }
  void mend() noexcept { append_fails = settle_fails = bury_fails = read_fails = 0; }

  /// The number of the first that waits; 0: none does.
  std::uint64_t first_waiting() {
    live_.read(0, 1, 1, page_);
    return page_.empty() ? 0 : page_[0].number;
  }

 private:
  struct change {
    std::vector<std::uint64_t> settled;
    auditor::timestamp hold_until{};
    std::vector<auditor::dead_letter> letters;
  };

  static auditor::error no_room() { return {auditor::errc::storage_failed, "queue.db: no space left on device"}; }

  void synchronise(std::size_t changes) {
    for (std::size_t i = 0; i < changes; ++i) {
      if (!pending_[i].settled.empty()) disk_.settle(pending_[i].settled, pending_[i].hold_until);
      if (!pending_[i].letters.empty()) disk_.bury(pending_[i].letters);
    }
    pending_.clear();
  }

  fault::random_source& chance_;
  auditor::memory_store live_, disk_;
  std::vector<change> pending_;  // that live_ has, and disk_ has not
  std::vector<auditor::queue_entry> page_;
};

}  // namespace queue_test
