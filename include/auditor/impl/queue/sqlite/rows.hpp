// Entries of a queue in a file that have rows, what is dropped of rows and blocks, and dead letters.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/error.hpp>
#include <auditor/impl/queue/entry_block.hpp>
#include <auditor/impl/queue/sqlite/blocks.hpp>

#include <sqlite3.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

struct sqlite_rows : sqlite_blocks {
  // Something was not where it belongs.
  bool is_damaged = false;

  int append(const new_entry& entry, sqlite_counters& next) noexcept {
    const std::int64_t number = static_cast<std::int64_t>(next.counts.last_number + 1);
    const std::int64_t kind = static_cast<std::int64_t>(entry.kind), accepted = entry.accepted.time_since_epoch().count();
    const std::uint64_t total = next.total + entry.json.size();
    query insert(*this, sqlite_query::append);
    insert.is(1, number).is(2, kind).is(3, accepted).is(5, total).blob(6, entry.json);
    insert.is(4, mark_of_entry(number, kind, accepted, total, entry.json));
    const int code = insert.run();
    if (code != SQLITE_OK) return code;
    next.total = total;
    ++next.counts.last_number;
    ++next.counts.waiting;
    next.counts.waiting_bytes += entry.json.size();
    return SQLITE_OK;
  }
  // Of a row that begins with number, kind, accepted, mark and JSON. False: it is not as it was written.
  static bool take(query& row, std::uint64_t total, queue_entry& to) {
    const std::int64_t number = row.number(0), kind = row.number(1), accepted = row.number(2);
    const std::string_view json = row.bytes(4);
    const bool is_whole = row.number(3) == mark_of_entry(number, kind, accepted, total, json);
    take_entry(static_cast<std::uint64_t>(number), kind, accepted, json, is_whole, to);
    return is_whole;
  }
  // The length of one entry, or letter; -1: there is none.
  int size_of(sqlite_query which, std::uint64_t number, std::int64_t& size) noexcept {
    query row(*this, which);
    const int code = row.is(1, number).step();
    size = code == SQLITE_ROW ? row.number(0) : -1;
    return code == SQLITE_ROW || code == SQLITE_DONE ? SQLITE_OK : code;
  }

  // ---- Dropping ----

  error settle_rows(std::span<const std::uint64_t> numbers, timestamp hold_until) {
    return transaction(sqlite_sync::later, [this, numbers, hold_until](sqlite_counters& next) {
      next.held_until = (std::max)(next.held_until, hold_until);
      int code = SQLITE_OK;
      for (std::size_t i = 0; code == SQLITE_OK && i < numbers.size();) {
        const std::size_t first = i++;
        while (i < numbers.size() && numbers[i] == numbers[i - 1] + 1) ++i;
        constexpr bool is_readable = true;  // what is not ends the transaction
        code = drop(numbers[first], numbers[i - 1], is_readable, next);
      }
      return code;
    });
  }
  // Those of a range that wait. `is_readable`: the rows can be dropped too.
  int drop(std::uint64_t first, std::uint64_t last, bool is_readable, sqlite_counters& next) noexcept {
    last = (std::min)(last, next.counts.last_number);
    for (std::uint64_t number = first;; ++number) {
      if (const int code = find_waiting(number, next); code != SQLITE_OK || number > last) return code;
      const std::uint64_t begin = number;
      std::uint64_t bytes = 0;
      int code = end_of_run(number, last);
      if (code == SQLITE_OK && is_readable) code = bytes_of_run(begin, number, bytes);
      if (code == SQLITE_OK) code = note_settled(begin, number, next);
      next.drop_waiting(number - begin + 1, bytes);
      if (code == SQLITE_OK && is_readable) code = drop_rows(begin, number, next);
      if (code != SQLITE_OK) return code;
    }
  }
  int bytes_of_run(std::uint64_t first, std::uint64_t last, std::uint64_t& bytes) {
    for (std::uint64_t number = first; number <= last;) {
      block_place place;
      int code = find_spilled(number, place);
      if (code == SQLITE_OK && place.first > number) {
        std::uint64_t of_rows = 0;
        const std::uint64_t end = (std::min)(last, place.first - 1);
        code = bytes_of(number, end, of_rows);
        bytes += of_rows;
        number = end + 1;
      } else if (code == SQLITE_OK && number == place.first && last >= place.last) {
        bytes += place.json_bytes();
        number = place.last + 1;
      } else if (code == SQLITE_OK) {
        code = load(place);
        for (; code == SQLITE_OK && number <= (std::min)(last, place.last); ++number)
          if (loaded.has(number)) bytes += loaded.json_size(number);
      }
      if (code != SQLITE_OK) return code;
    }
    return SQLITE_OK;
  }
  // The ends of a range know what lies between them, unless one is missing.
  int bytes_of(std::uint64_t first, std::uint64_t last, std::uint64_t& bytes) noexcept {
    for (const sqlite_query how : {sqlite_query::length, sqlite_query::sum}) {
      query row(*this, how);
      const int code = row.is(1, first).is(2, last).step();
      if (code != SQLITE_ROW && code != SQLITE_DONE) return code;
      if (code == SQLITE_ROW && row.number(0) > 0) {
        bytes = static_cast<std::uint64_t>(row.number(0));
        break;
      }
    }
    return SQLITE_OK;
  }
  int drop_rows(std::uint64_t first, std::uint64_t last, const sqlite_counters& next) noexcept {
    if (const int code = drop_blocks(first, last, next); code != SQLITE_OK) return code;
    if (next.is_empty() && !is_damaged) return query(*this, sqlite_query::drop_all).run();
    return query(*this, sqlite_query::drop).is(1, first).is(2, last).run();
  }

  // ---- Dead letters ----

  int bury(const dead_letter& letter, bool is_readable, sqlite_counters& next) {
    const queue_entry& entry = letter.entry;
    std::int64_t size = 0;
    int code = drop(entry.number, entry.number, is_readable, next);
    if (code == SQLITE_OK) code = size_of(sqlite_query::letter_size, entry.number, size);
    if (code != SQLITE_OK) return code;
    if (size >= 0) next.drop_dead(static_cast<std::uint64_t>(size));
    const std::int64_t kind = static_cast<std::int64_t>(entry.kind), accepted = entry.accepted.time_since_epoch().count();
    query insert(*this, sqlite_query::bury);
    insert.is(1, entry.number)
        .is(2, kind)
        .is(3, accepted)
        .blob(5, entry.json)
        .is(6, letter.died.time_since_epoch().count());
    insert.is(4, mark_of_entry(static_cast<std::int64_t>(entry.number), kind, accepted, 0, entry.json));
    // What cannot be read says so itself.
    const error missing = says(errc::storage_failed, " does not have entry ")
                              .more(entry.number)
                              .more(" any more, and nobody dropped it: a page of the file is not as it was written");
    const bool is_missing = entry.json.empty() && letter.code != errc::storage_failed;
    insert.text(7, to_string(is_missing ? missing.code : letter.code)).is(8, std::int64_t{letter.status});
    insert.text(9, is_missing ? missing.words() : letter.words);
    ++next.counts.dead;
    next.counts.dead_bytes += entry.json.size();
    return insert.run();
  }
  int drop_letter(std::uint64_t number, std::int64_t size, sqlite_counters& next) noexcept {
    next.drop_dead(static_cast<std::uint64_t>(size));
    return query(*this, sqlite_query::drop_letter).is(1, number).run();
  }
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
