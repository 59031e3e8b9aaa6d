// Changes of a queue in a file as a whole or not at all, with the counters and the numbers that do not wait any more.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/error.hpp>
#include <auditor/impl/queue/sqlite/connection.hpp>
#include <auditor/impl/queue/sqlite/counters.hpp>

#include <sqlite3.h>

#include <algorithm>
#include <cstdint>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

// Whether a transaction writes the row of counters. Where it only appends rows, these have what is missing there.
enum class counters_row : std::uint8_t { written, left };

struct sqlite_transactions : sqlite_connection {
  sqlite_counters now;
  settled_block block;

  // All that `work` does to the file and to the counters, or nothing. `work` gives a code of SQLite's.
  template <class Work>
  error transaction(sqlite_sync when, Work work, counters_row row = counters_row::written) {
    error e = attempt(when, work, row);
    if ((e.native & 0xFF) == SQLITE_FULL && when == sqlite_sync::later) {
      give_room();
      e = attempt(when, work, row);
    }
    return e;
  }
  template <class Work>
  error attempt(sqlite_sync when, Work& work, counters_row row) {
    if (log_in_doubt)
      if (const error e = renew_log()) return e;
    if (const int code = be_synchronous(when); code != SQLITE_OK) return failed(code);
    sqlite_counters next = now;
    int code = query(*this, sqlite_query::begin).run();
    next.pages = next.free_pages = 0;
    if (code == SQLITE_OK) code = work(next);
    if (code == SQLITE_OK) code = save_block();
    if (code == SQLITE_OK && (row == counters_row::written || now.pages != 0)) code = write(next);
    if (code == SQLITE_OK) code = query(*this, sqlite_query::commit).run();
    if (code != SQLITE_OK) {
      const error e = failed(code);
      roll_back();
      block = {};
      return e;
    }
    const bool has_more = next.counts.last_number != now.counts.last_number;
    now = next;
    if (has_more) note_newest(now.counts.last_number);
    if (now.pages == 0) tidy();
    return {};
  }
  int write(const sqlite_counters& next) noexcept {
    query update(*this, sqlite_query::count);
    update.is(1, next.counts.waiting)
        .is(2, next.counts.waiting_bytes)
        .is(3, next.counts.dead)
        .is(4, next.counts.dead_bytes);
    update.is(5, next.counts.last_number)
        .is(6, next.held_until.time_since_epoch().count())
        .is(7, next.total)
        .is(8, next.first)
        .is(9, next.pages)
        .is(10, next.free_pages)
        .is(11, next.mark());
    const int code = update.run();
    return code == SQLITE_OK && sqlite3_changes(db) != 1 ? SQLITE_CORRUPT : code;
  }
  // What may fail, and is tried again behind the next transaction.
  void tidy() noexcept {
    if (now.counts.waiting == 0 && now.counts.dead == 0) {
      std::int64_t unused = 0;
      ask("PRAGMA freelist_count", unused);
      if (unused > 1024) doubt(execute("PRAGMA incremental_vacuum(256)"));  // a MiB at a time: somebody waits
    }
    if (pages_in_log >= most_in_log()) bring_log_in();
  }

  // ---- Which numbers wait ----

  int load_block(std::uint64_t index) noexcept {
    if (block.index() == index) return SQLITE_OK;
    if (const int code = save_block(); code != SQLITE_OK) return code;
    query row(*this, sqlite_query::settled);
    const int code = row.is(1, index).step();
    if (code != SQLITE_ROW && code != SQLITE_DONE && !is_corrupt(code)) return code;
    block = code == SQLITE_ROW ? settled_block(index, row.bytes(0), row.number(1)) : settled_block(index, {}, 0);
    return SQLITE_OK;
  }
  int save_block() noexcept {
    if (!block.is_changed()) return SQLITE_OK;
    query row(*this, sqlite_query::settle);
    const int code = row.is(1, block.index()).blob(2, block.bits()).is(3, block.mark()).run();
    block = {};
    return code;
  }
  int add_settled(std::uint64_t number) noexcept {
    const int code = load_block(settled_block::of(number));
    if (code == SQLITE_OK) block.add(number);
    return code;
  }
  // The first from this number on that waits; behind the last one of all where none does.
  int find_waiting(std::uint64_t& number, const sqlite_counters& in) noexcept {
    for (number = (std::max)(number, in.first); number <= in.counts.last_number; ++number) {
      if (const int code = load_block(settled_block::of(number)); code != SQLITE_OK) return code;
      if (!block.has(number)) return SQLITE_OK;
    }
    return SQLITE_OK;
  }
  // From this number on, how many wait up to the last one.
  int end_of_run(std::uint64_t& number, std::uint64_t last) noexcept {
    for (; number < last; ++number) {
      if (const int code = load_block(settled_block::of(number + 1)); code != SQLITE_OK) return code;
      if (block.has(number + 1)) return SQLITE_OK;
    }
    return SQLITE_OK;
  }
  int note_settled(std::uint64_t first, std::uint64_t last, sqlite_counters& next) noexcept {
    if (first == next.first) {
      next.first = last + 1;
      if (const int code = find_waiting(next.first, next); code != SQLITE_OK) return code;
      const std::uint64_t index = settled_block::of(next.first);
      if (index == settled_block::of(first)) return SQLITE_OK;
      if (block.index() < index) block = {};
      return query(*this, sqlite_query::drop_settled).is(1, index).run();
    }
    for (; first <= last; ++first)
      if (const int code = add_settled(first); code != SQLITE_OK) return code;
    return SQLITE_OK;
  }
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
