// What a queue in a file counts, and which numbers of it do not wait any more.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/timestamp.hpp>
#include <auditor/impl/queue/entry_block.hpp>
#include <auditor/queue/store.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

// What one row of the file holds, so that nobody has to count. An append does not write it, since that is one page more: each entry has the bytes of
// all that were ever appended, and with its number that is what came since the row was written.
struct sqlite_counters {
  store_counts counts;
  std::uint64_t first = 1;  // no entry below it waits
  std::uint64_t total = 0;  // bytes that were ever appended
  timestamp held_until{};
  std::uint64_t pages = 0, free_pages = 0;  // of the file as it was closed; while it is open 0

  std::int64_t mark() const noexcept {
    sqlite_mark mark;
    for (const std::uint64_t each : {counts.waiting, counts.waiting_bytes, counts.dead, counts.dead_bytes,
                                     counts.last_number, first, total, pages, free_pages})
      mark.add(each);
    mark.add(static_cast<std::uint64_t>(held_until.time_since_epoch().count()));
    return mark.get();
  }
  bool is_empty() const noexcept { return first > counts.last_number; }
  void drop_waiting(std::uint64_t entries, std::uint64_t bytes) noexcept {
    counts.waiting -= (std::min)(counts.waiting, entries);
    counts.waiting_bytes -= (std::min)(counts.waiting_bytes, bytes);
    // What could not be read any more went without its bytes.
    if (is_empty()) counts.waiting = counts.waiting_bytes = 0;
  }
  void drop_dead(std::uint64_t bytes) noexcept {
    counts.dead -= (std::min)(counts.dead, std::uint64_t{1});
    counts.dead_bytes -= (std::min)(counts.dead_bytes, bytes);
  }
};

// Which of so many numbers do not wait any more. The file has those of each block in which some do, and others do not: so a row that is not
// there is told from one that was dropped, whatever became of the page that it was on.
class settled_block {
 public:
  static constexpr std::uint64_t numbers = 512, none = ~std::uint64_t{0};
  static std::uint64_t of(std::uint64_t number) noexcept { return number / numbers; }

  settled_block() = default;
  // `bits`, `mark`: of the file; what was changed there counts for nothing.
  settled_block(std::uint64_t index, std::string_view bits, std::int64_t mark) noexcept : index_(index) {
    if (bits.size() != bits_.size()) return;
    std::memcpy(bits_.data(), bits.data(), bits.size());
    if (this->mark() != mark) bits_ = {};
  }
  std::uint64_t index() const noexcept { return index_; }
  bool is_changed() const noexcept { return changed_; }
  bool has(std::uint64_t number) const noexcept { return (bits_[number % numbers / 8] >> number % 8 & 1) != 0; }
  void add(std::uint64_t number) noexcept {
    char& of = bits_[number % numbers / 8];
    of = static_cast<char>(static_cast<unsigned char>(of) | 1U << number % 8);
    changed_ = true;
  }
  std::string_view bits() const noexcept { return {bits_.data(), bits_.size()}; }
  std::int64_t mark() const noexcept {
    sqlite_mark mark;
    mark.add(index_);
    mark.add(bits());
    return mark.get();
  }

 private:
  std::uint64_t index_ = none;
  std::array<char, numbers / 8> bits_{};
  bool changed_ = false;
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
