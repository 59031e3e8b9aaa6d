// The file of blocks beside the database, and a thread that writes to it.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/impl/queue/entry_block.hpp>

#include <sqlite3.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

enum class side_file : std::uint8_t { has_to_be_there, is_made };

// A file beside the database, by the same way to the disk.
class sqlite_side_file {
 public:
  sqlite_side_file() = default;
  sqlite_side_file(const sqlite_side_file&) = delete;
  sqlite_side_file& operator=(const sqlite_side_file&) = delete;
  ~sqlite_side_file() { close(); }
  bool is_open() const noexcept { return memory_ != nullptr; }
  // `name` outlives it, and is that of the database with something behind a "-": as with a log of SQLite's, whose rights and owner are those of the database.
  int open(sqlite3* db, const std::string& name, side_file how) {
    sqlite3_file_control(db, "main", SQLITE_FCNTL_VFS_POINTER, static_cast<void*>(&disk_));
    memory_ = std::make_unique<char[]>(static_cast<std::size_t>(disk_->szOsFile));
    const int flags = SQLITE_OPEN_WAL | SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW |
                      (how == side_file::is_made ? SQLITE_OPEN_CREATE : 0);
    const int code = disk_->xOpen(disk_, name.c_str(), get(), flags, nullptr);
    if (code != SQLITE_OK) close();
    return code;
  }
  int size(std::uint64_t& to) noexcept {
    sqlite3_int64 bytes = 0;
    const int code = get()->pMethods->xFileSize(get(), &bytes);
    to = static_cast<std::uint64_t>(bytes);
    return code;
  }
  int write(std::string_view bytes, std::uint64_t at) noexcept {
    int code = SQLITE_OK;
    while (code == SQLITE_OK && !bytes.empty()) {
      const std::string_view some = bytes.substr(0, static_cast<std::size_t>(part - at % part));
      code = get()->pMethods->xWrite(get(), some.data(), static_cast<int>(some.size()), static_cast<sqlite3_int64>(at));
      at += some.size();
      bytes.remove_prefix(some.size());
    }
    return code;
  }
  int read(std::string& to, std::uint64_t at) noexcept {
    int code = SQLITE_OK;
    for (std::size_t i = 0; code == SQLITE_OK && i < to.size(); i += part) {
      const int size = static_cast<int>((std::min)(part, to.size() - i));
      code = get()->pMethods->xRead(get(), to.data() + i, size, static_cast<sqlite3_int64>(at + i));
    }
    return code;
  }
  int sync() noexcept { return get()->pMethods->xSync(get(), SQLITE_SYNC_NORMAL); }
  int truncate(std::uint64_t size) noexcept { return get()->pMethods->xTruncate(get(), static_cast<sqlite3_int64>(size)); }
  // Why the system failed at the last call; 0: that is not known.
  int system_error() noexcept {
    int number = is_open() ? 0 : errno;
    if (is_open()) get()->pMethods->xFileControl(get(), SQLITE_FCNTL_LAST_ERRNO, &number);
    return number;
  }
  void close() noexcept {
    if (memory_ != nullptr && get()->pMethods != nullptr) get()->pMethods->xClose(get());
    memory_.reset();
  }
  void remove(const std::string& name) noexcept {
    close();
    disk_->xDelete(disk_, name.c_str(), 0);
  }

 private:
  // SQLite writes no more than 128 KiB at a time. A system that keeps more than a page together does so where the file has multiples of it.
  static constexpr std::size_t part = std::size_t{1} << 16;
  sqlite3_file* get() noexcept { return reinterpret_cast<sqlite3_file*>(memory_.get()); }

  sqlite3_vfs* disk_ = nullptr;
  std::unique_ptr<char[]> memory_;
};

// Writes entries to such a file from this place on, in pieces of so many bytes each.
inline int write_blocks(const entry_block& entries, sqlite_side_file& to, std::uint64_t at, std::size_t most,
                        std::vector<block_place>& places) {
  places.clear();
  int code = SQLITE_OK;
  for (std::uint64_t number = entries.first(); code == SQLITE_OK && entries.has(number); ++number) {
    block_place place;
    place.first = number;
    place.last = number = entries.end_of_piece(number, most);
    const std::string_view bytes = entries.bytes(place.first, place.last);
    const std::string list = entries.list(place.first, place.last);
    place.at = at;
    place.size = bytes.size() + list.size();
    place.mark = place.mark_with(list);
    code = to.write(bytes, at);
    if (code == SQLITE_OK) code = to.write(list, at + bytes.size());
    at += place.size;
    places.push_back(place);
  }
  return code;
}

// The same in a thread of its own, one at a time.
class block_writer {
 public:
  block_writer() = default;
  block_writer(const block_writer&) = delete;
  block_writer& operator=(const block_writer&) = delete;
  ~block_writer() {
    {
      const std::lock_guard lock(guard_);
      ends_ = true;
      changed_.notify_all();
    }
    if (thread_.joinable()) thread_.join();
  }
  // `entries` is not added to before `wait`.
  void begin(const entry_block& entries, sqlite_side_file& to, std::uint64_t at, std::size_t most) noexcept {
    const std::lock_guard lock(guard_);
    work_ = {&entries, &to, at, most};
    code_ = SQLITE_OK;
    places_.clear();
#if AUDITOR_EXCEPTIONS
    try {
      start();
    } catch (...) {
      work_ = {};
    }
#else
    start();
#endif
    changed_.notify_all();
  }
  // What became of it; without a thread no places.
  int wait(std::vector<block_place>& places) {
    std::unique_lock lock(guard_);
    changed_.wait(lock, [this] { return work_.entries == nullptr; });
    places = std::move(places_);
    return code_;
  }

 private:
  void start() {
    if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
  }
  void run() {
    std::unique_lock lock(guard_);
    for (;;) {
      changed_.wait(lock, [this] { return ends_ || work_.entries != nullptr; });
      if (work_.entries == nullptr) return;
      lock.unlock();
      const int code = try_to_write();
      lock.lock();
      code_ = code;
      work_ = {};
      changed_.notify_all();
    }
  }
  int try_to_write() noexcept {
#if AUDITOR_EXCEPTIONS
    try {
      return write();
    } catch (...) {
      return SQLITE_NOMEM;
    }
#else
    return write();
#endif
  }
  int write() { return write_blocks(*work_.entries, *work_.to, work_.at, work_.most, places_); }

  std::mutex guard_;
  std::condition_variable changed_;
  struct {
    const entry_block* entries = nullptr;  // null: nothing is under way
    sqlite_side_file* to = nullptr;
    std::uint64_t at = 0;
    std::size_t most = 0;
  } work_;
  int code_ = SQLITE_OK;
  bool ends_ = false;
  std::vector<block_place> places_;
  std::thread thread_;
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
