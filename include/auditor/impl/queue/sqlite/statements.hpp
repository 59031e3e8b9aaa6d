// What a queue in a file says to SQLite: its tables, and its statements.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/config.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

enum class sqlite_query : std::uint8_t {
  begin,
  commit,
  append,
  read,
  size,      // of one entry
  length,    // of the JSON of a range, by what its ends say
  sum,       // ... by all of them
  drop,      // a range
  drop_all,  // which is cheaper
  settled,
  settle,
  drop_settled,  // blocks below this one
  bury,
  letters,  // from this one on
  letter_size,
  count_letters,
  drop_letter,
  count,
  spill,    // where a block of entries is
  places,   // of all blocks, from the beginning of their file on
  spilled,  // the first that ends with this number or behind it
  drop_spilled,
  end_of_list
};

struct sqlite_text {
  sqlite_query which;
  const char* text;
};
inline constexpr std::array<sqlite_text, static_cast<std::size_t>(sqlite_query::end_of_list)> sqlite_texts{{
    {sqlite_query::begin, "BEGIN IMMEDIATE"},
    {sqlite_query::commit, "COMMIT"},
    {sqlite_query::append, "INSERT INTO entries(number, kind, accepted, mark, total, json) VALUES(?1, ?2, ?3, ?4, ?5, ?6)"},
    {sqlite_query::read,
     "SELECT number, kind, accepted, mark, json, total FROM entries WHERE number >= ?1 ORDER BY number"},
    {sqlite_query::size, "SELECT length(json) FROM entries WHERE number = ?1"},
    {sqlite_query::length,
     "SELECT (SELECT total FROM entries WHERE number = ?2) - total + length(json) FROM entries WHERE number = ?1"},
    {sqlite_query::sum, "SELECT ifnull(sum(length(json)), 0) FROM entries WHERE number BETWEEN ?1 AND ?2"},
    {sqlite_query::drop, "DELETE FROM entries WHERE number BETWEEN ?1 AND ?2"},
    {sqlite_query::drop_all, "DELETE FROM entries"},
    {sqlite_query::settled, "SELECT bits, mark FROM settled WHERE block = ?1"},
    {sqlite_query::settle, "INSERT OR REPLACE INTO settled(block, bits, mark) VALUES(?1, ?2, ?3)"},
    {sqlite_query::drop_settled, "DELETE FROM settled WHERE block < ?1"},
    {sqlite_query::bury,
     "INSERT OR REPLACE INTO dead(number, kind, accepted, mark, json, died, code, status, words) "
     "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"},
    {sqlite_query::letters,
     "SELECT number, kind, accepted, mark, json, died, code, status, words FROM dead WHERE number >= ?1 ORDER BY number"},
    {sqlite_query::letter_size, "SELECT length(json) FROM dead WHERE number = ?1"},
    {sqlite_query::count_letters, "SELECT count(*) FROM dead"},
    {sqlite_query::drop_letter, "DELETE FROM dead WHERE number = ?1"},
    {sqlite_query::count,
     "UPDATE counters SET waiting = ?1, waiting_bytes = ?2, dead = ?3, dead_bytes = ?4, last_number = ?5, held_until = ?6, "
     "total = ?7, first = ?8, pages = ?9, free_pages = ?10, mark = ?11 WHERE id = 1"},
    {sqlite_query::spill, "INSERT OR REPLACE INTO spilled(last, first, place, size, mark) VALUES(?1, ?2, ?3, ?4, ?5)"},
    {sqlite_query::places, "SELECT place, size FROM spilled ORDER BY place"},
    {sqlite_query::spilled, "SELECT last, first, place, size, mark FROM spilled WHERE last >= ?1 ORDER BY last"},
    {sqlite_query::drop_spilled, "DELETE FROM spilled WHERE last = ?1"},
}};
static_assert([] {
  for (std::size_t i = 0; i < sqlite_texts.size(); ++i)
    if (sqlite_texts[i].which != static_cast<sqlite_query>(i)) return false;
  return true;
}());

// Numbers come from the counters and not from AUTOINCREMENT, whose own table would be one more page to write at every append.
inline constexpr const char* sqlite_schema =
    "CREATE TABLE entries(number INTEGER PRIMARY KEY, kind INTEGER NOT NULL, accepted INTEGER NOT NULL, "
    "mark INTEGER NOT NULL, total INTEGER NOT NULL, json BLOB NOT NULL);"
    "CREATE TABLE dead(number INTEGER PRIMARY KEY, kind INTEGER NOT NULL, accepted INTEGER NOT NULL, "
    "mark INTEGER NOT NULL, json BLOB NOT NULL, died INTEGER NOT NULL, code TEXT NOT NULL, status INTEGER NOT NULL, "
    "words TEXT NOT NULL);"
    "CREATE TABLE counters(id INTEGER PRIMARY KEY, waiting INTEGER NOT NULL, waiting_bytes INTEGER NOT NULL, "
    "dead INTEGER NOT NULL, dead_bytes INTEGER NOT NULL, last_number INTEGER NOT NULL, held_until INTEGER NOT NULL, "
    "total INTEGER NOT NULL, first INTEGER NOT NULL, pages INTEGER NOT NULL, free_pages INTEGER NOT NULL, "
    "mark INTEGER NOT NULL);"
    "CREATE TABLE settled(block INTEGER PRIMARY KEY, bits BLOB NOT NULL, mark INTEGER NOT NULL);"
    "CREATE TABLE spilled(last INTEGER PRIMARY KEY, first INTEGER NOT NULL, place INTEGER NOT NULL, size INTEGER NOT NULL, "
    "mark INTEGER NOT NULL);"
    "PRAGMA application_id = 1098212465; PRAGMA user_version = 3;";
inline constexpr std::int64_t sqlite_application = 1098212465;  // "Audq"
inline constexpr std::int64_t sqlite_version = 3;

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
