// Whether the counters of a queue in a file fit what is there, and how all is counted anew where they do not.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/error.hpp>
#include <auditor/impl/queue/entry_block.hpp>
#include <auditor/impl/queue/sqlite/rows.hpp>

#include <sqlite3.h>

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

struct sqlite_recount : sqlite_rows {
  bool is_settled_unknown = false;  // which numbers do not wait cannot be read

  // Believes the row of counters, and counts only where that is broken.
  error count() {
    bool is_whole = false;
    int code = read_counters(is_whole);
    if (code != SQLITE_OK && !is_corrupt(code)) return failed(code);

    // The newest entry tells what was appended since; of a file that was closed the counters do.
    newest_entry last, letter;
    code = find_newest("SELECT number, kind, accepted, mark, json, total FROM entries ORDER BY number DESC", last);
    if (is_corrupt(code) && is_whole && now.pages != 0) code = SQLITE_OK;
    if (code != SQLITE_OK) return failed(code);
    code = find_newest("SELECT number, kind, accepted, mark, json, 0 FROM dead ORDER BY number DESC", letter);
    if (code != SQLITE_OK && !(is_whole && is_corrupt(code))) return failed(code);
    const std::uint64_t number = last.number + last.changed;
    std::int64_t spilled = 0;
    code = ask("SELECT ifnull(max(last), 0) FROM spilled", spilled);
    if (code != SQLITE_OK && !is_corrupt(code)) return failed(code);
    last_spilled = code == SQLITE_OK ? static_cast<std::uint64_t>(spilled) : block_place::nowhere;
    // Where the numbers that wait cannot be read, what is there is still delivered.
    std::uint64_t settled = 0;
    code = is_whole ? count_settled(settled) : SQLITE_OK;
    if (code != SQLITE_OK && !is_corrupt(code)) return failed(code);
    is_settled_unknown = code != SQLITE_OK;
    const bool is_right = code != SQLITE_OK || now.counts.waiting + settled + now.first == now.counts.last_number + 1;
    const std::uint64_t known = (std::max)(letter.number, static_cast<std::uint64_t>(spilled));  // with their counters
    const bool is_older = (std::max)(now.pages != 0 ? number : 0, known) > now.counts.last_number;
    if (!is_whole || !is_right || is_older) return count_anew((std::max)(number, known), last.total);
    if (now.pages != 0) return has_its_pages();
    if (number > now.counts.last_number) {
      now.counts.waiting += number - now.counts.last_number;
      now.counts.last_number = number;
    }
    if (last.total > now.total) {
      now.counts.waiting_bytes += last.total - now.total;
      now.total = last.total;
    }
    return {};
  }
  // False: there is no such row, or not as it was written.
  int read_counters(bool& is_whole) {
    is_whole = false;
    owned_statement statement;
    constexpr const char* text =
        "SELECT waiting, waiting_bytes, dead, dead_bytes, last_number, held_until, total, first, pages, free_pages, mark "
        "FROM counters WHERE id = 1";
    if (const int code = prepare(text, statement); code != SQLITE_OK) return code;
    query row(statement.get());
    const int code = row.step();
    if (code != SQLITE_ROW) return code == SQLITE_DONE ? SQLITE_OK : code;
    const auto number = [&row](int column) { return static_cast<std::uint64_t>(row.number(column)); };
    now.counts = {number(0), number(1), number(2), number(3), number(4)};
    now.held_until = timestamp(std::chrono::microseconds(row.number(5)));
    now.total = number(6);
    now.first = number(7);
    now.pages = number(8);
    now.free_pages = number(9);
    is_whole = row.number(10) == now.mark();
    return SQLITE_OK;
  }
  // As many as when it was closed: with a first page of another time SQLite would write over what it takes for free.
  error has_its_pages() {
    std::int64_t pages = 0, free = 0;
    int code = ask("PRAGMA page_count", pages);
    if (code == SQLITE_OK) code = ask("PRAGMA freelist_count", free);
    if (code != SQLITE_OK) return failed(code);
    if (static_cast<std::uint64_t>(pages) == now.pages && static_cast<std::uint64_t>(free) == now.free_pages) return {};
    return says(errc::storage_failed, " is damaged: its first page, or its counters, are not those that were written last");
  }
  // Those that do not wait between the first that does and the last one.
  int count_settled(std::uint64_t& count) {
    owned_statement statement;
    int code = prepare("SELECT block, bits, mark FROM settled", statement);
    if (code != SQLITE_OK) return code;
    query row(statement.get());
    while ((code = row.step()) == SQLITE_ROW) {
      const settled_block each(static_cast<std::uint64_t>(row.number(0)), row.bytes(1), row.number(2));
      for (std::uint64_t i = 0, number = each.index() * settled_block::numbers; i < settled_block::numbers; ++i, ++number)
        if (each.has(i) && number >= now.first) ++count;
    }
    return code == SQLITE_DONE ? SQLITE_OK : code;
  }
  struct newest_entry {
    std::uint64_t number = 0, total = 0;
    std::uint64_t changed = 0;  // that come behind it, or would
  };
  // The newest entry, or letter, that is as it was written.
  int find_newest(const char* newest_first, newest_entry& found) {
    owned_statement statement;
    int code = prepare(newest_first, statement);
    if (code != SQLITE_OK) return code;
    query row(statement.get());
    queue_entry entry;
    while ((code = row.step()) == SQLITE_ROW) {
      const auto total = static_cast<std::uint64_t>(row.number(5));
      if (take(row, total, entry)) {
        found.number = entry.number;
        found.total = total;
        break;
      }
      ++found.changed;
    }
    return code == SQLITE_ROW || code == SQLITE_DONE ? SQLITE_OK : code;
  }

  // ---- Anew ----

  // What is there is what waits, without the counters. `last`: the highest number of all; `total`: of the newest entry.
  error count_anew(std::uint64_t last, std::uint64_t total) {
    // No number is given twice, as far as that can be told.
    constexpr std::uint64_t believable = std::uint64_t{1} << 32;
    const std::uint64_t said = now.counts.last_number;
    sqlite_counters anew;
    anew.counts.last_number = said > last && said - last < believable ? said : last;
    anew.total = total;
    anew.held_until = now.held_until;
    now = anew;
    return transaction(sqlite_sync::before_return, [&](sqlite_counters& next) {
      std::int64_t sum = 0;
      int code = execute("DELETE FROM settled; INSERT OR REPLACE INTO counters VALUES(1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)");
      if (code == SQLITE_OK) code = ask("SELECT count(*) FROM dead", sum);
      next.counts.dead = static_cast<std::uint64_t>(sum);
      if (code == SQLITE_OK) code = ask("SELECT ifnull(sum(length(json)), 0) FROM dead", sum);
      next.counts.dead_bytes = static_cast<std::uint64_t>(sum);
      if (code == SQLITE_OK) code = ask("SELECT ifnull(sum(length(json)), 0) FROM entries", sum);
      next.counts.waiting_bytes = static_cast<std::uint64_t>(sum);
      if (code == SQLITE_OK) code = count_numbers(next);
      return code == SQLITE_OK ? tell_counted_anew(next) : code;
    });
  }
  // What waits is what has a row of its own, and of a block all but the dead: what was delivered of one is sent again, and found to be there.
  int count_numbers(sqlite_counters& next) {
    owned_statement statement;
    int code = prepare("SELECT number FROM entries ORDER BY number", statement);
    if (code != SQLITE_OK) return code;
    next.first = next.counts.last_number + 1;
    std::uint64_t expected = 0;  // none yet
    query row(statement.get());
    block_place place;
    code = find_spilled(0, place);
    if (is_corrupt(code)) code = SQLITE_OK, place = {};
    int how = code == SQLITE_OK ? row.step() : code;
    while (code == SQLITE_OK && (how == SQLITE_ROW || place.first != block_place::nowhere)) {
      const auto number = how == SQLITE_ROW ? static_cast<std::uint64_t>(row.number(0)) : block_place::nowhere;
      if (number < place.first) {
        code = count_range(number, number, expected, next);
        how = row.step();
        continue;
      }
      code = load(place);
      if (code == SQLITE_OK && loaded.has(place.first)) code = count_block(place, expected, next);
      if (code == SQLITE_OK) code = find_spilled(place.last + 1, place);
      if (is_corrupt(code)) code = SQLITE_OK, place = {};
    }
    if (code == SQLITE_OK && how != SQLITE_ROW && how != SQLITE_DONE) code = how;
    for (; code == SQLITE_OK && expected != 0 && expected <= next.counts.last_number; ++expected)
      code = add_settled(expected);
    return code;
  }
  // These are there, and those between the ones before and these are not.
  int count_range(std::uint64_t first, std::uint64_t last, std::uint64_t& expected, sqlite_counters& next) {
    if (first < expected || last > next.counts.last_number) return SQLITE_CORRUPT;
    if (expected == 0) next.first = expected = first;
    for (; expected < first; ++expected)
      if (const int code = add_settled(expected); code != SQLITE_OK) return code;
    expected = last + 1;
    next.counts.waiting += last - first + 1;
    return SQLITE_OK;
  }
  int count_block(const block_place& place, std::uint64_t& expected, sqlite_counters& next) {
    int code = count_range(place.first, place.last, expected, next);
    next.counts.waiting_bytes += place.json_bytes();
    std::uint64_t dead = place.first;
    while (code == SQLITE_OK) {
      query row(*this, sqlite_query::letters);
      code = row.is(1, dead).step();
      dead = code == SQLITE_ROW ? static_cast<std::uint64_t>(row.number(0)) : block_place::nowhere;
      if (code == SQLITE_DONE || (code == SQLITE_ROW && !place.has(dead))) return SQLITE_OK;
      if (code == SQLITE_ROW) code = add_settled(dead);
      --next.counts.waiting;
      next.counts.waiting_bytes -= loaded.json_size(dead);
      ++dead;
    }
    return code;
  }

  // ---- What is told of it, as dead letters ----

  // As a dead letter: nobody knows whether all was there.
  int tell_counted_anew(sqlite_counters& next) {
    return tell(says(errc::storage_failed, " was damaged, and counted anew: ")
                    .more(next.counts.waiting)
                    .more(" entries wait and ")
                    .more(next.counts.dead)
                    .more(" are dead letters; others may be missing"),
                next);
  }
  // As one dead letter, for all of them.
  error tell_lost(std::uint64_t newest) {
    return transaction(sqlite_sync::before_return, [this, newest](sqlite_counters& next) {
      const std::uint64_t first = next.counts.last_number + 1;
      next.counts.last_number = newest;
      if (const int code = note_settled(first, newest, next); code != SQLITE_OK) return code;
      return tell(says(errc::storage_failed, ": entries that were accepted are not in the file, with the numbers ")
                      .more(first)
                      .more(" to ")
                      .more(newest)
                      .more("; its log, \"-wal\", is gone, cut or an older one, or the power was lost"),
                  next);
    });
  }
  int tell(const error& e, sqlite_counters& next) {
    ++next.counts.waiting;
    dead_letter letter;
    letter.entry.number = ++next.counts.last_number;
    letter.entry.accepted = letter.died = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
    letter.code = e.code;
    letter.words = e.words();
    constexpr bool is_readable = false;  // it never had a row, nor bytes
    return bury(letter, is_readable, next);
  }
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
