// Bodies of queue/sqlite_store.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/impl/queue/sqlite/file.hpp>
#include <auditor/queue/sqlite_store.hpp>

#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

inline constexpr std::string_view queue_of_the_parent = "this queue is the parent's: open another file after fork()";
inline constexpr std::string_view queue_moved_away = "this store was moved from";

}  // namespace detail

inline result<sqlite_store> sqlite_store::open(detail::borrowed_text path, const sqlite_store_options& options) {
  const std::string_view characters = path;
  if (characters.empty()) return error(errc::invalid_argument, "path: is empty");
  if (characters.find('\0') != std::string_view::npos) return error(errc::invalid_argument, "path: holds U+0000");
  auto file = std::make_unique<detail::sqlite_file>();
  file->path = characters;
  file->options = {options.level, options.log_pages, options.network_file_system};
  if (const error e = file->open()) return e;
  return sqlite_store(std::move(file));
}

inline sqlite_store::sqlite_store(std::unique_ptr<detail::sqlite_file> file) noexcept : file_(std::move(file)) {}
inline sqlite_store::sqlite_store(sqlite_store&& other) noexcept = default;
inline sqlite_store& sqlite_store::operator=(sqlite_store&& other) noexcept {
  sqlite_store taken(std::move(other));
  std::swap(file_, taken.file_);
  return *this;
}
inline sqlite_store::~sqlite_store() {
  if (file_ == nullptr || file_->owner.is_this()) return;
  ::close(file_->lock);  // the parent has it still; with this one it would outlive the parent
  detail::leave_to_parent(file_.release());
}

inline bool sqlite_store::is_usable() const noexcept { return file_ != nullptr && file_->owner.is_this(); }
inline error sqlite_store::usable() const noexcept {
  if (file_ == nullptr) return error(errc::invalid_argument, detail::queue_moved_away);
  return file_->owner.is_this() ? error() : error(errc::invalid_argument, detail::queue_of_the_parent);
}

inline error sqlite_store::append(std::span<const new_entry> entries) {
  // An error weighs as much as an entry that gathers: none is made where nothing is wrong.
  if (!is_usable()) return usable();
  if (entries.empty()) return {};
  if (file_->is_time_to_look())
    if (const error e = file_->may_append()) return e;
  if (file_->options.level == durability::none) return file_->gather(entries);
  if (file_->is_for_blocks(entries)) return file_->append_blocks(entries);
  return file_->transaction(
      detail::sqlite_sync::before_return,
      [this, entries](detail::sqlite_counters& next) {
        int code = SQLITE_OK;
        for (std::size_t i = 0; code == SQLITE_OK && i < entries.size(); ++i) code = file_->append(entries[i], next);
        return code;
      },
      detail::counters_row::left);
}

inline error sqlite_store::read(std::uint64_t after, std::size_t most, std::size_t most_bytes,
                                std::vector<queue_entry>& to) {
  detail::queue_page page{to};
  error e = usable();
  if (!e && most != 0 && after < file_->counts().last_number) e = file_->read(after, most, most_bytes, page);
  to.resize(e ? 0 : page.count);
  return e;
}

inline error sqlite_store::settle(std::span<const std::uint64_t> numbers, timestamp hold_until) {
  if (const error e = usable()) return e;
  const std::uint64_t last = file_->now.counts.last_number;
  const bool are_gathered = std::all_of(numbers.begin(), numbers.end(), [last](std::uint64_t each) { return each > last; });
  error e;
  if (!are_gathered || hold_until > file_->now.held_until) e = file_->settle_rows(numbers, hold_until);
  if (e || (file_->gathered.is_empty() && file_->leaving.is_empty())) return e;
  for (const std::uint64_t each : numbers) {
    file_->leaving.settle(each);
    file_->gathered.settle(each);
  }
  // So that a file of which all was delivered says so. What fails is tried again with the next.
  if (file_->gathered.waiting() + file_->leaving.waiting() == 0) file_->spill(detail::sqlite_sync::later);
  return {};
}

inline error sqlite_store::bury(std::span<const dead_letter> letters) {
  if (const error e = usable(); e || letters.empty()) return e;
  if (const error e = file_->spill(detail::sqlite_sync::later)) return e;
  // What cannot be read cannot be dropped either: its letter tells that it is there. SQLite writes no more in a transaction that met with
  // such a row, so it is looked for before.
  std::vector<bool> readable;
  error e;
  for (const bool look : {false, true}) {
    readable.assign(letters.size(), true);
    for (std::size_t i = 0; look && i < letters.size(); ++i) {
      std::int64_t size = 0;
      detail::block_place place;
      readable[i] =
          !detail::sqlite_file::is_corrupt(file_->size_of(detail::sqlite_query::size, letters[i].entry.number, size)) &&
          !detail::sqlite_file::is_corrupt(file_->find_spilled(letters[i].entry.number, place));
    }
    e = file_->transaction(detail::sqlite_sync::later, [this, letters, &readable](detail::sqlite_counters& next) {
      int code = SQLITE_OK;
      for (std::size_t i = 0; code == SQLITE_OK && i < letters.size(); ++i)
        code = file_->bury(letters[i], readable[i], next);
      return code;
    });
    if (!detail::sqlite_file::is_corrupt(e.native)) break;
  }
  return e;
}

inline error sqlite_store::dead_letters(std::uint64_t after, std::size_t most, std::vector<dead_letter>& to) {
  to.clear();
  if (const error e = usable()) return e;
  if (after > file_->now.counts.last_number) return {};
  detail::sqlite_file::query row(*file_, detail::sqlite_query::letters);
  row.is(1, after + 1);
  int code = SQLITE_ROW;
  while (to.size() < most && (code = row.step()) == SQLITE_ROW) {
    const auto number = static_cast<std::uint64_t>(row.number(0));
    if (number <= (to.empty() ? after : to.back().entry.number) || number > file_->now.counts.last_number) {
      code = SQLITE_CORRUPT;
      break;
    }
    dead_letter& letter = to.emplace_back();
    detail::sqlite_file::take(row, 0, letter.entry);
    letter.died = timestamp(std::chrono::microseconds(row.number(5)));
    const std::string_view name = row.bytes(6);
    letter.code = errc::storage_failed;  // of a name that is none
    for (int each = 1; each <= static_cast<int>(errc::truncated); ++each)
      if (to_string(static_cast<errc>(each)) == name) letter.code = static_cast<errc>(each);
    letter.status = static_cast<std::uint16_t>(row.number(7));
    letter.words = row.bytes(8);
  }
  if (code == SQLITE_DONE && to.empty()) return file_->has_its_letters();
  if (code == SQLITE_ROW || code == SQLITE_DONE) return {};
  to.clear();
  return file_->failed(code);
}

inline error sqlite_store::revive(std::uint64_t number, timestamp now, bool& found) {
  found = false;
  if (const error e = usable(); e || number > file_->now.counts.last_number) return e;
  queue_entry entry;
  {
    detail::sqlite_file::query row(*file_, detail::sqlite_query::letters);
    const int code = row.is(1, number).step();
    if (code == SQLITE_DONE || (code == SQLITE_ROW && static_cast<std::uint64_t>(row.number(0)) != number)) return {};
    if (code != SQLITE_ROW) return file_->failed(code);
    if (!detail::sqlite_file::take(row, 0, entry))
      return file_->says(errc::storage_failed, ": dead letter ").more(number).more(" was changed in the file: discard it");
  }
  if (const error e = file_->may_append()) return e;
  if (const error e = file_->spill(detail::sqlite_sync::before_return)) return e;
  const error e = file_->transaction(detail::sqlite_sync::before_return, [&](detail::sqlite_counters& next) {
    const int code = file_->append(new_entry{entry.kind, now, entry.json}, next);
    return code == SQLITE_OK ? file_->drop_letter(number, static_cast<std::int64_t>(entry.json.size()), next) : code;
  });
  found = !e;
  return e;
}

inline error sqlite_store::discard(std::uint64_t number, bool& found) {
  found = false;
  if (const error e = usable(); e || number > file_->now.counts.last_number) return e;
  std::int64_t size = 0;
  if (const int code = file_->size_of(detail::sqlite_query::letter_size, number, size); code != SQLITE_OK)
    return file_->failed(code);
  if (size < 0) return {};
  const error e = file_->transaction(detail::sqlite_sync::before_return,
                                     [&](detail::sqlite_counters& next) { return file_->drop_letter(number, size, next); });
  found = !e;
  return e;
}

inline error sqlite_store::flush() {
  if (!is_usable()) return usable();
  return file_->spill(detail::sqlite_sync::later);
}
inline store_counts sqlite_store::counts() const noexcept { return file_ != nullptr ? file_->counts() : store_counts(); }
inline timestamp sqlite_store::held_until() const noexcept {
  return file_ != nullptr ? file_->now.held_until : timestamp();
}
inline durability sqlite_store::level() const noexcept {
  return file_ != nullptr ? file_->options.level : durability::none;
}

}  // namespace AUDITOR_ABI
}  // namespace auditor
