// The open file of a queue: opening, closing and reading it.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/error.hpp>
#include <auditor/impl/queue/entry_block.hpp>
#include <auditor/impl/queue/sqlite/recount.hpp>
#include <auditor/queue/store.hpp>

#include <sqlite3.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

// The open file of a queue, and all that is beside it. Each of the layers below it knows only those before it: the place, the connection, transactions,
// blocks, rows, and the counting anew.
struct sqlite_file : sqlite_recount {
  bool is_open = false;

  sqlite_file() = default;
  sqlite_file(const sqlite_file&) = delete;
  sqlite_file& operator=(const sqlite_file&) = delete;
  ~sqlite_file() { close(); }

  error open() {
    if (const error e = take_place()) return e;
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;
    int code = sqlite3_open_v2(full.c_str(), &db, flags, nullptr);
    if (db != nullptr) sqlite3_extended_result_codes(db, 1);
    if (code == SQLITE_OK) code = prepare_file();
    if (code != SQLITE_OK) return failed(code);
    std::int64_t application = 0, version = 0, tables = 0;
    code = ask("PRAGMA application_id", application);
    if (code == SQLITE_OK) code = ask("PRAGMA user_version", version);
    if (code == SQLITE_OK) code = ask("SELECT count(*) FROM sqlite_master", tables);
    if (code == SQLITE_OK && application == 0 && version == 0 && tables == 0)
      code = make_tables();
    else if (code == SQLITE_OK)
      if (const error e = is_ours(application, version)) return e;
    if (code == SQLITE_OK) note_made();
    if (code == SQLITE_OK) code = make_log();
    for (std::size_t i = 0; code == SQLITE_OK && i < statements.size(); ++i)
      code = sqlite3_prepare_v3(db, sqlite_texts[i].text, -1, SQLITE_PREPARE_PERSISTENT, &statements[i], nullptr);
    file_identity spill;
    if (code == SQLITE_OK && find_file(spill_name, spill)) code = open_spill(side_file::has_to_be_there);
    if (code != SQLITE_OK) return failed(code);
    if (const error e = count()) return e;
    if (const std::uint64_t newest = noted_newest(); newest > now.counts.last_number)
      if (const error e = tell_lost(newest)) return e;
    is_open = find_file(full, entries_place) && find_file(full + "-wal", log_place);
    if (is_open) all_opened_files().add(entries_place);
    return is_open ? error() : says(" cannot be found", errno);
  }
  void close() noexcept {
    if (db != nullptr) {
      if (is_open) spill_at_end();
      writer.reset();
      if (is_open && now.pages == 0 && !log_in_doubt) write_last();
      std::int64_t are_some = 1;
      const bool is_over = is_open && spill_file.is_open() &&
                           ask("SELECT EXISTS(SELECT 1 FROM spilled)", are_some) == SQLITE_OK && are_some == 0;
      // A log that may not be on the disk is not brought into the file: a cut in the middle would leave neither.
      if (log_in_doubt && renew_log()) sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
      for (sqlite3_stmt*& each : statements) sqlite3_finalize(std::exchange(each, nullptr));
      sqlite3_close_v2(std::exchange(db, nullptr));
      // Not while a log may still bring back what is there.
      if (is_over && !has_log() && are_names_ours()) spill_file.remove(spill_name);
      spill_file.close();
    }
    if (std::exchange(is_open, false)) all_opened_files().remove(entries_place);
    if (lock >= 0) ::close(std::exchange(lock, -1));
  }
  // What an append left to be counted, and of how many pages the file is: so the next one that opens it sees what is missing.
  void write_last() {
    transaction(sqlite_sync::later, [this](sqlite_counters& next) {
      std::int64_t pages = 0, free = 0;
      int code = ask("PRAGMA page_count", pages);
      if (code == SQLITE_OK) code = ask("PRAGMA freelist_count", free);
      next.pages = static_cast<std::uint64_t>(pages);
      next.free_pages = static_cast<std::uint64_t>(free);
      return code;
    });
  }

  // ---- Reading ----

  error read(std::uint64_t after, std::size_t most, std::size_t most_bytes, queue_page& to) {
    query row(*this, sqlite_query::read);
    std::size_t bytes = 0;
    const auto has_room = [&](std::size_t size) { return bytes += size, to.count == 0 || bytes <= most_bytes; };
    std::uint64_t at = 0;        // where the row is
    std::uint64_t no_block = 0;  // has any number below this one
    std::uint64_t number = after + 1;
    for (; to.count < most; ++number) {
      int code = find_waiting(number, now);
      if (code == SQLITE_OK && number > now.counts.last_number) break;
      if (code == SQLITE_OK && number >= no_block && !loaded.has(number)) {
        block_place place;
        code = find_spilled(number, place);
        if (code == SQLITE_OK && place.has(number)) code = load(place);
        no_block = !place.has(number) ? place.first : loaded.has(number) ? 0 : place.last + 1;
      }
      if (code == SQLITE_OK && loaded.has(number)) {
        // A block still has what was buried.
        std::int64_t size = -1;
        if (is_settled_unknown && size_of(sqlite_query::letter_size, number, size) == SQLITE_OK && size >= 0) continue;
        if (!has_room(loaded.json_size(number))) return {};
        if (!loaded.take(number, to.next())) is_damaged = true;
        continue;
      }
      if (code == SQLITE_OK && at != 0) code = row.step();
      at = code == SQLITE_ROW ? static_cast<std::uint64_t>(row.number(0)) : 0;
      if (at != number) {
        row.again();
        code = row.is(1, number).step();
        at = code == SQLITE_ROW ? static_cast<std::uint64_t>(row.number(0)) : 0;
      }
      if (at == number) {
        if (!has_room(row.bytes(4).size())) return {};
        take(row, static_cast<std::uint64_t>(row.number(5)), to.next());
        continue;
      }
      at = 0;
      if (code != SQLITE_ROW && code != SQLITE_DONE && !is_corrupt(code)) return failed(code);
      // It is told as an entry without JSON - but where nothing behind it can be read either nothing would come of going on.
      is_damaged = true;
      if (is_corrupt(code) && to.count != 0) return {};
      if (is_corrupt(code) && !is_readable_behind(number)) return failed(code);
      take_entry(number, static_cast<std::int64_t>(entry_kind::add), 0, {}, true, to.next());
    }
    read_gathered(number, most, has_room, to);
    return {};
  }
  // What waits in memory, from this number on.
  template <class HasRoom>
  void read_gathered(std::uint64_t number, std::size_t most, const HasRoom& has_room, queue_page& to) const {
    for (const gathered_entries* each : {&leaving, &gathered}) {
      if (each->is_empty()) continue;
      for (number = (std::max)(number, each->first()); to.count < most && each->has(number); ++number) {
        if (each->is_settled(number)) continue;
        if (!has_room(static_cast<std::size_t>(each->json_size(number)))) return;
        each->take(number, to.next());
      }
    }
  }
  // Whether anything behind this number can be read, or at least looked for.
  bool is_readable_behind(std::uint64_t number) noexcept {
    const std::uint64_t last = now.counts.last_number;
    std::int64_t size = 0;
    for (std::uint64_t step = 1; number < last; step *= 2) {
      number += (std::min)(step, last - number);
      if (!is_corrupt(size_of(sqlite_query::size, number, size))) return true;
    }
    return false;
  }
  // Whoever lists the letters hears of it at the end.
  error has_its_letters() {
    query row(*this, sqlite_query::count_letters);
    if (const int code = row.step(); code != SQLITE_ROW) return failed(code);
    const auto found = static_cast<std::uint64_t>(row.number(0));
    if (found == now.counts.dead) return {};
    return says(errc::storage_failed, " is damaged: of ").more(now.counts.dead).more(" dead letters it has ").more(found);
  }
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
