// Entries of a queue in a file that no row has: those that gather in memory, and those in blocks of a file of their own.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/error.hpp>
#include <auditor/impl/queue/entry_block.hpp>
#include <auditor/impl/queue/sqlite/side_file.hpp>
#include <auditor/impl/queue/sqlite/transactions.hpp>

#include <sqlite3.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

// Those of `durability::none`, and of large bulks.
struct sqlite_blocks : sqlite_transactions {
  bool is_spill_named = false;  // its name is on the disk
  // At `durability::none` entries gather in memory, and go to a file of their own in blocks, while others gather.
  gathered_entries gathered, leaving;
  std::unique_ptr<block_writer> writer;  // of those that leave
  std::uint64_t spill_size = 0;          // bytes
  // Where the next block comes, and as far as it has room there. Behind that is a block that waits, or nobody has looked for room before it.
  std::uint64_t spill_end = 0, spill_limit = 0;
  std::uint64_t last_spilled = 0;  // the highest number in a block
  entry_block loaded;              // that was read last

  // ---- From memory to the file ----

  store_counts counts() const noexcept {
    store_counts all = now.counts;
    for (const gathered_entries* each : {&leaving, &gathered}) {
      all.waiting += each->waiting();
      all.waiting_bytes += each->waiting_bytes();
      if (!each->is_empty()) all.last_number = each->last();
    }
    return all;
  }
  // All of them, or none.
  error gather(std::span<const new_entry> entries) {
    std::size_t bytes = 0;
    for (const new_entry& each : entries) bytes += each.json.size() + block_place::head;
    if (gathered.is_empty()) gathered.clear(counts().last_number + 1);
    gathered.reserve(entries.size(), bytes);
    if (writer == nullptr) writer = std::make_unique<block_writer>();
    const std::uint64_t first = gathered.last() + 1;
    for (const new_entry& each : entries) gathered.add(each);
    if (gathered.size() < most_gathered()) return {};
    struct taken_back {  // unless they are kept, whatever is thrown
      gathered_entries& from;
      std::uint64_t first;
      bool are_kept = false;
      ~taken_back() {
        if (!are_kept) from.take_back(first);
      }
    } unless{gathered, first};
    // More than there is room for on a full disk is written before it is accepted.
    const error e = gathered.size() > 2 * most_gathered() ? spill(sqlite_sync::before_return) : hand_over();
    unless.are_kept = !e;
    return e;
  }
  // So many at once need no rows: twice the calls to the disk, and half of the bytes, and what is delivered is dropped at once.
  bool is_for_blocks(std::span<const new_entry> entries) const noexcept {
    std::size_t bytes = 0;
    for (const new_entry& each : entries) bytes += each.json.size();
    return bytes >= most_gathered() / 2;
  }
  error append_blocks(std::span<const new_entry> entries) {
    gathered_entries all;
    all.clear(now.counts.last_number + 1);
    for (const new_entry& each : entries) all.add(each);
    return write_out(all, sqlite_sync::before_return);
  }
  // To the thread that writes. Whoever comes with more before it is done waits for it.
  error hand_over() {
    if (const error e = take_over(sqlite_sync::before_return)) return e;
    if (const error e = open_blocks(gathered.size_with_list())) return e;
    std::swap(gathered, leaving);
    gathered.clear(leaving.last() + 1);
    writer->begin(leaving, spill_file, spill_end, 2 * most_gathered());
    return {};
  }
  // From the thread that writes.
  error take_over(sqlite_sync when) {
    if (leaving.is_empty()) return {};
    std::vector<block_place> places;
    const int code = writer->wait(places);
    return code == SQLITE_OK && !places.empty() ? note_blocks(leaving, places, when) : write_out(leaving, when);
  }
  // All that is in memory goes to the file.
  error spill(sqlite_sync when) {
    const error e = take_over(when);
    return e || gathered.is_empty() ? e : write_out(gathered, when);
  }
  // What does not go there, as where the disk fails, or there is no memory, is gone.
  void spill_at_end() noexcept {
#if AUDITOR_EXCEPTIONS
    try {
      spill(sqlite_sync::later);
    } catch (...) {
      roll_back();
    }
#else
    spill(sqlite_sync::later);
#endif
  }
  error write_out(gathered_entries& from, sqlite_sync when) {
    std::vector<block_place> places;
    const auto write = [&] {
      const int code = write_blocks(from, spill_file, spill_end, 2 * most_gathered(), places);
      return code == SQLITE_OK && options.level == durability::power_loss ? spill_file.sync() : code;
    };
    if (const error e = from.waiting() == 0 ? error() : open_blocks(from.size_with_list())) return e;
    int code = from.waiting() == 0 ? SQLITE_OK : write();
    if ((code & 0xFF) == SQLITE_FULL && when == sqlite_sync::later) {
      give_room();
      code = write();
    }
    return code == SQLITE_OK ? note_blocks(from, places, when) : failed_with_blocks(code);
  }
  // Behind the entries themselves, so that an end in between leaves them out as a whole.
  error note_blocks(gathered_entries& from, const std::vector<block_place>& places, sqlite_sync when) {
    const error e = transaction(when, [&](sqlite_counters& next) {
      next.counts.last_number = from.last();
      next.counts.waiting += from.waiting();
      next.counts.waiting_bytes += from.waiting_bytes();
      next.total += from.size() - (from.last() - from.first() + 1) * block_place::head;
      for (const block_place& each : places) {
        query row(*this, sqlite_query::spill);
        const int how = row.is(1, each.last).is(2, each.first).is(3, each.at).is(4, each.size).is(5, each.mark).run();
        if (how != SQLITE_OK) return how;
      }
      for (std::uint64_t number = from.first(); from.has(number); ++number) {
        if (!from.is_settled(number)) continue;
        const std::uint64_t first = number;
        while (from.has(number + 1) && from.is_settled(number + 1)) ++number;
        if (const int how = note_settled(first, number, next); how != SQLITE_OK) return how;
      }
      last_spilled = (std::max)(last_spilled, from.last());
      return drop_blocks(from.first(), from.last(), next);
    });
    // A commit that was not written through may be found all the same: what its row tells of stays as it is.
    if (e && !log_in_doubt) return e;
    if (!places.empty()) spill_end = next_page(places.back().at + places.back().size);
    spill_size = (std::max)(spill_size, spill_end);
    if (!e) from.clear(from.last() + 1);
    return e;
  }

  // ---- Room in the file ----

  // The file of blocks is open behind it, with room for so many bytes.
  error open_blocks(std::uint64_t bytes) {
    if (const int code = spill_file.is_open() ? SQLITE_OK : open_spill(side_file::is_made); code != SQLITE_OK)
      return failed_with_blocks(code);
    // SQLite writes a name through for a file that it made, and only then.
    if (options.level == durability::power_loss && !is_spill_named)
      if (const error e = write_folder_through()) return e;
    is_spill_named = true;
    return spill_end + bytes <= spill_limit ? error() : find_room(bytes);
  }
  // Behind the last block that waits, where what follows is worth to be given back; or between two of them, where most room is; or at the end of the file.
  error find_room(std::uint64_t bytes) {
    const std::uint64_t worth_it = 16 * most_gathered();
    block_gap largest;
    std::uint64_t end = 0;
    if (const int code = find_gaps(largest, end); code != SQLITE_OK) return failed(code);
    const bool is_shorter = spill_size >= end + worth_it;
    const bool is_between = largest.size() >= (std::max)(bytes, std::uint64_t{2 * most_gathered()});
    if (log_in_doubt || (!is_shorter && !is_between)) {
      spill_end = next_page(spill_size);
      spill_limit = spill_end + (std::max)(bytes, worth_it);
      return {};
    }
    // Not while the loss of power may bring back those that were dropped last.
    int code = options.level == durability::none
                   ? SQLITE_OK
                   : sqlite3_wal_checkpoint_v2(db, nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
    if (code != SQLITE_OK) return failed(code);
    if (!is_shorter) {
      spill_end = largest.begin;
      spill_limit = largest.end;
      return {};
    }
    code = spill_file.truncate(end);
    if (code != SQLITE_OK) return failed_with_blocks(code);
    spill_end = spill_size = end;
    spill_limit = end + (std::max)(bytes, worth_it);
    return {};
  }
  struct block_gap {
    std::uint64_t begin = 0, end = 0;
    std::uint64_t size() const noexcept { return end - begin; }
  };
  // The largest between those that wait, of whole pages; and where the last of them ends.
  int find_gaps(block_gap& largest, std::uint64_t& end) noexcept {
    query row(*this, sqlite_query::places);
    int code = SQLITE_ROW;
    while ((code = row.step()) == SQLITE_ROW) {
      const auto at = static_cast<std::uint64_t>(row.number(0)), size = static_cast<std::uint64_t>(row.number(1));
      // One that was changed may be anywhere.
      if (at > spill_size || size > spill_size - at) {
        code = SQLITE_CORRUPT;
        break;
      }
      const std::uint64_t first_page = at / page_size * page_size;
      if (first_page > end && first_page - end > largest.size()) largest = {end, first_page};
      end = (std::max)(end, next_page(at + size));
    }
    if (!is_corrupt(code)) return code == SQLITE_DONE ? SQLITE_OK : code;
    largest = {};
    end = spill_size;
    return SQLITE_OK;
  }
  // What is written is no part of a page that has others, which a loss of power would tear with it.
  static constexpr std::uint64_t page_size = 4096;
  static std::uint64_t next_page(std::uint64_t at) noexcept { return (at + page_size - 1) / page_size * page_size; }
  int open_spill(side_file how) {
    int code = spill_file.open(db, spill_name, how);
    std::uint64_t size = 0;
    if (code == SQLITE_OK) code = spill_file.size(size);
    spill_end = spill_size = next_page(size);
    spill_limit = 0;
    if (code == SQLITE_OK && !find_file(spill_name, spill_place)) code = SQLITE_CANTOPEN;
    return code;
  }

  // ---- Blocks that are there ----

  // The block that has this number, or else the first behind it; nowhere: there is none.
  int find_spilled(std::uint64_t number, block_place& place) noexcept {
    place = {};
    if (number > last_spilled) return SQLITE_OK;
    query row(*this, sqlite_query::spilled);
    const int code = row.is(1, number).step();
    if (code == SQLITE_DONE) return SQLITE_OK;
    if (code != SQLITE_ROW) return code;
    const auto unsigned_of = [&row](int column) { return static_cast<std::uint64_t>(row.number(column)); };
    place = {unsigned_of(1), unsigned_of(0), unsigned_of(2), unsigned_of(3), row.number(4)};
    // One that was changed has none.
    if (!place.is_plausible() || place.last < number) place.first = place.last = (std::max)(place.last, number);
    return SQLITE_OK;
  }
  // Where it is not as it was written `loaded` has none of them.
  int load(const block_place& place) {
    if (loaded.has(place.first) && loaded.last() == place.last) return SQLITE_OK;
    std::string all = loaded.take_memory();
    loaded.clear(0);
    const bool is_there =
        spill_file.is_open() && place.is_plausible() && place.at <= spill_size && place.size <= spill_size - place.at;
    if (!is_there) return SQLITE_OK;
    all.resize(static_cast<std::size_t>(place.size));
    const int code = spill_file.read(all, place.at);
    if (code != SQLITE_OK && code != SQLITE_IOERR_SHORT_READ) return code;
    if (code == SQLITE_OK) loaded.assign(place, std::move(all));
    return SQLITE_OK;
  }
  // Those of which nothing waits any more.
  int drop_blocks(std::uint64_t first, std::uint64_t last, const sqlite_counters& next) noexcept {
    block_place place;
    for (std::uint64_t number = first; number <= last; number = place.last + 1) {
      int code = find_spilled(number, place);
      if (code != SQLITE_OK || place.first > last) return code;
      std::uint64_t waiting = place.first;
      code = find_waiting(waiting, next);
      if (code == SQLITE_OK && waiting > place.last)
        code = query(*this, sqlite_query::drop_spilled).is(1, place.last).run();
      if (code != SQLITE_OK) return code;
    }
    return SQLITE_OK;
  }
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
