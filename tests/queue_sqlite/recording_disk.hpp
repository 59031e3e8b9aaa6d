// The disk under SQLite: what it is told, in which order, and what of that a loss of power leaves; and calls that fail.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "../fault/random_source.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <mutex>
#include <new>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sqlite_test {

using fault::random_source;

/// One thing that SQLite told the disk.
struct disk_event {
  enum kind : std::uint8_t { create, open, remove, write, truncate, sync, failed_sync } what = write;
  int file = 0;         // a number for each that was made
  std::string name;     // create, open and remove: what it has behind the path of the store
  std::int64_t at = 0;  // write, and the size of truncate
  std::string bytes;
  bool is_through = false;  // remove: with its folder; sync: of one that was made since
};

/// The files of one store by what their names have behind its path: "", "-wal", "-journal", "-spill".
using files = std::map<std::string, std::string>;

inline files files_of(const std::string& path) {
  files found;
  for (const char* const end : {"", "-wal", "-journal", "-spill"}) {
    std::ifstream from(path + end, std::ios::binary);
    if (from) found[end] = std::string(std::istreambuf_iterator<char>(from), {});
  }
  return found;
}
inline void put(const std::string& path, const files& what) {
  std::filesystem::remove(path + ".lock");  // which knows of another one
  for (const char* const end : {"", "-wal", "-journal", "-spill"}) {
    const auto at = what.find(end);
    if (at == what.end())
      std::filesystem::remove(path + end);
    else
      std::ofstream(path + end, std::ios::binary | std::ios::trunc)
          .write(at->second.data(), static_cast<std::streamsize>(at->second.size()));
  }
}

/// What is on the disk for certain, and what may be.
class disk_state {
 public:
  explicit disk_state(const files& from) {
    for (const auto& [name, bytes] : from) {
      names_[name] = -1 - static_cast<int>(contents_.size());
      contents_[names_[name]].base = bytes;
    }
    names_now_ = names_;
  }
  void happens(const disk_event& event) {
    switch (event.what) {
      case disk_event::open: aliases_[event.file] = names_now_.at(event.name); return;
      case disk_event::create:
      case disk_event::remove:
        folder_.push_back(&event);
        change_folder(names_now_, event);
        if (event.is_through) folder_reaches_disk();
        return;
      case disk_event::write:
      case disk_event::truncate: content(event.file).changes.push_back({&event, pending}); return;
      case disk_event::sync: {
        // What a failed one was about is not written again.
        auto& of = content(event.file);
        for (auto& change : of.changes)
          if (change.how == pending) change.how = certain;
        while (!of.changes.empty() && of.changes.front().how == certain) {
          apply(of.base, *of.changes.front().event, ~std::size_t{0});
          of.changes.erase(of.changes.begin());
        }
        if (event.is_through) folder_reaches_disk();
        return;
      }
      case disk_event::failed_sync:
        for (auto& change : content(event.file).changes)
          if (change.how == pending) change.how = doubtful;
        return;
    }
  }
  enum class loss : std::uint8_t { all, nothing, some, torn_end, torn_sectors, count };

  /// What is found when the power is back.
  files behind(loss how, random_source& chance) const {
    const bool all = how == loss::all, nothing = how == loss::nothing;
    auto names = names_;
    std::size_t known = all ? 0 : nothing ? folder_.size() : chance.below(folder_.size() + 1);
    for (std::size_t i = 0; i < known; ++i) change_folder(names, *folder_[i]);
    const unsigned share = static_cast<unsigned>(chance.below(101));
    files found;
    for (const auto& [name, file] : names) {
      const auto at = contents_.find(file);
      std::string bytes;
      if (at != contents_.end()) {
        const content_of& of = at->second;
        bytes = of.base;
        const std::size_t end = how == loss::torn_end ? chance.below(of.changes.size() + 1) : of.changes.size();
        for (std::size_t i = 0; i < end; ++i) {
          const auto& change = of.changes[i];
          const bool is_last = i + 1 == end;
          if (change.how == certain)
            apply(bytes, *change.event, ~std::size_t{0});
          else if (nothing || (how == loss::torn_end && !is_last))
            apply(bytes, *change.event, ~std::size_t{0});
          else if (how == loss::torn_end)
            apply(bytes, *change.event, 512 * chance.below(change.event->bytes.size() / 512 + 1));
          else if (how == loss::some && chance.percent(share))
            apply(bytes, *change.event, ~std::size_t{0});
          else if (how == loss::torn_sectors)
            for (std::size_t from = 0; from < change.event->bytes.size(); from += 512)
              if (chance.percent(share)) apply_part(bytes, *change.event, from);
        }
        for (std::size_t i = end; i < of.changes.size(); ++i)
          if (of.changes[i].how == certain) apply(bytes, *of.changes[i].event, ~std::size_t{0});
      }
      found[name] = std::move(bytes);
    }
    return found;
  }

 private:
  enum certainty : std::uint8_t { pending, doubtful, certain };
  struct change_of {
    const disk_event* event;
    certainty how;
  };
  struct content_of {
    std::string base;
    std::vector<change_of> changes;
  };

  content_of& content(int file) {
    const auto alias = aliases_.find(file);
    return contents_[alias != aliases_.end() ? alias->second : file];
  }
  static void apply(std::string& to, const disk_event& event, std::size_t most) {
    if (event.what == disk_event::truncate) {
      if (static_cast<std::size_t>(event.at) < to.size()) to.resize(static_cast<std::size_t>(event.at));
      return;
    }
    const std::size_t size = (std::min)(most, event.bytes.size()), at = static_cast<std::size_t>(event.at);
    if (size == 0) return;
    if (to.size() < at + size) to.resize(at + size);
    to.replace(at, size, event.bytes, 0, size);
  }
  static void apply_part(std::string& to, const disk_event& event, std::size_t from) {
    const std::size_t size = (std::min)(std::size_t{512}, event.bytes.size() - from),
                      at = static_cast<std::size_t>(event.at) + from;
    if (to.size() < at + size) to.resize(at + size);
    to.replace(at, size, event.bytes, from, size);
  }
  static void change_folder(std::map<std::string, int>& names, const disk_event& event) {
    if (event.what == disk_event::create)
      names[event.name] = event.file;
    else
      names.erase(event.name);
  }
  void folder_reaches_disk() {
    for (const disk_event* each : folder_) change_folder(names_, *each);
    folder_.clear();
  }

  std::map<std::string, int> names_, names_now_;
  std::vector<const disk_event*> folder_;
  std::map<int, content_of> contents_;
  std::map<int, int> aliases_;
};

/// SQLite's own way to the disk with an ear on it, and the default one for as long as this lives.
class recording_disk {
 public:
  std::vector<disk_event> events;
  bool records = false;
  bool writes_through = false;   // a test that crashes by itself needs no fsync
  std::int64_t bytes_left = -1;  // for what makes a file longer; -1: no end
  // The calls from this one on fail, so many; what they are is counted.
  std::uint64_t calls = 0, failing_from = ~std::uint64_t{0}, failing = 0, failed = 0;
  bool full_instead = false;

  recording_disk() {
    real_ = sqlite3_vfs_find(nullptr);
    methods_ = {};
    methods_.iVersion = 1;
    methods_.xClose = [](sqlite3_file* f) {
      const int code = real_of(f)->pMethods->xClose(real_of(f));
      of(f).name.~basic_string();
      return code;
    };
    methods_.xRead = [](sqlite3_file* f, void* to, int size, sqlite3_int64 at) {
      // What the system calls EIO is to SQLite a file that is damaged; one that cannot be read twice may be.
      if (disk_of(f).fails()) return disk_of(f).failing == 1 ? SQLITE_IOERR_CORRUPTFS : SQLITE_IOERR_READ;
      return real_of(f)->pMethods->xRead(real_of(f), to, size, at);
    };
    methods_.xWrite = [](sqlite3_file* f, const void* from, int size, sqlite3_int64 at) {
      return disk_of(f).write(of(f), std::string_view(static_cast<const char*>(from), static_cast<std::size_t>(size)), at);
    };
    methods_.xTruncate = [](sqlite3_file* f, sqlite3_int64 size) {
      if (disk_of(f).fails()) return SQLITE_IOERR_TRUNCATE;
      disk_of(f).tell({disk_event::truncate, of(f).number, {}, size, {}, false});
      return real_of(f)->pMethods->xTruncate(real_of(f), size);
    };
    methods_.xSync = [](sqlite3_file* f, int flags) {
      recording_disk& disk = disk_of(f);
      const bool fails = disk.fails();
      disk.tell({fails ? disk_event::failed_sync : disk_event::sync,
                 of(f).number,
                 {},
                 0,
                 {},
                 std::exchange(of(f).is_new, fails && of(f).is_new)});
      if (fails) return SQLITE_IOERR_FSYNC;
      return disk.writes_through ? real_of(f)->pMethods->xSync(real_of(f), flags) : SQLITE_OK;
    };
    methods_.xFileSize = [](sqlite3_file* f, sqlite3_int64* size) {
      if (disk_of(f).fails()) return SQLITE_IOERR_FSTAT;
      return real_of(f)->pMethods->xFileSize(real_of(f), size);
    };
    methods_.xLock = [](sqlite3_file* f, int how) { return real_of(f)->pMethods->xLock(real_of(f), how); };
    methods_.xUnlock = [](sqlite3_file* f, int how) { return real_of(f)->pMethods->xUnlock(real_of(f), how); };
    methods_.xCheckReservedLock = [](sqlite3_file* f, int* how) {
      return real_of(f)->pMethods->xCheckReservedLock(real_of(f), how);
    };
    methods_.xFileControl = [](sqlite3_file* f, int what, void* with) {
      return what == SQLITE_FCNTL_SIZE_HINT ? SQLITE_OK : real_of(f)->pMethods->xFileControl(real_of(f), what, with);
    };
    methods_.xSectorSize = [](sqlite3_file*) { return 512; };
    methods_.xDeviceCharacteristics = [](sqlite3_file*) { return SQLITE_IOCAP_POWERSAFE_OVERWRITE; };

    vfs_ = *real_;
    vfs_.iVersion = 2;
    vfs_.zName = "recording";
    vfs_.pAppData = this;
    vfs_.pNext = nullptr;
    vfs_.szOsFile = static_cast<int>(sizeof(file)) + real_->szOsFile;
    vfs_.xOpen = [](sqlite3_vfs* vfs, const char* name, sqlite3_file* f, int flags, int* out) {
      return self(vfs).open(name, f, flags, out);
    };
    vfs_.xDelete = [](sqlite3_vfs* vfs, const char* name, int through) {
      recording_disk& disk = self(vfs);
      if (disk.fails()) return SQLITE_IOERR_DELETE;
      const int code = disk.real_->xDelete(disk.real_, name, 0);
      if (code == SQLITE_OK) disk.tell({disk_event::remove, 0, end_of(name), 0, {}, through != 0});
      return code;
    };
    vfs_.xAccess = [](sqlite3_vfs* vfs, const char* name, int flags, int* out) {
      return self(vfs).real_->xAccess(self(vfs).real_, name, flags, out);
    };
    vfs_.xFullPathname = [](sqlite3_vfs* vfs, const char* name, int size, char* out) {
      return self(vfs).real_->xFullPathname(self(vfs).real_, name, size, out);
    };
    sqlite3_vfs_register(&vfs_, 1);
  }
  ~recording_disk() {
    sqlite3_vfs_unregister(&vfs_);
    sqlite3_vfs_register(real_, 1);
  }
  recording_disk(const recording_disk&) = delete;
  recording_disk& operator=(const recording_disk&) = delete;

  /// Begins anew.
  void record() {
    const std::lock_guard lock(guard_);
    events.clear();
    records = true;
  }
  /// The events up to now, also where a thread of the store is at work; what comes is not recorded.
  std::vector<disk_event> stop() {
    const std::lock_guard lock(guard_);
    records = false;
    return events;
  }
  std::size_t count() {
    const std::lock_guard lock(guard_);
    return events.size();
  }

 private:
  struct file {
    sqlite3_file head;
    recording_disk* disk;
    int number;
    bool is_new;
    std::string name;
  };

  static file& of(sqlite3_file* f) { return *reinterpret_cast<file*>(f); }
  static recording_disk& disk_of(sqlite3_file* f) { return *of(f).disk; }
  static sqlite3_file* real_of(sqlite3_file* f) { return reinterpret_cast<sqlite3_file*>(reinterpret_cast<file*>(f) + 1); }
  static recording_disk& self(sqlite3_vfs* vfs) { return *static_cast<recording_disk*>(vfs->pAppData); }
  static std::string end_of(const char* name) {
    const std::string_view all = name == nullptr ? "" : name;
    for (const std::string_view end : {"-wal", "-journal", "-spill"})
      if (all.ends_with(end)) return std::string(end);
    return "";
  }
  bool fails() {
    const std::lock_guard lock(guard_);
    const std::uint64_t call = calls++;
    if (call < failing_from || call - failing_from >= failing) return false;
    ++failed;
    return true;
  }
  void tell(disk_event event) {
    const std::lock_guard lock(guard_);
    if (records) events.push_back(std::move(event));
  }

  int open(const char* name, sqlite3_file* f, int flags, int* out) {
    f->pMethods = nullptr;
    if (fails()) return SQLITE_CANTOPEN;
    int there = 0;
    if (name != nullptr) real_->xAccess(real_, name, SQLITE_ACCESS_EXISTS, &there);
    const int code = real_->xOpen(real_, name, reinterpret_cast<sqlite3_file*>(reinterpret_cast<file*>(f) + 1), flags, out);
    if (code != SQLITE_OK) return code;
    file& made = of(f);
    made.disk = this;
    made.number = ++numbers_;
    new (&made.name) std::string(end_of(name));
    // The store writes the folder through by itself before it goes on with a log, or blocks, that it found: no call of SQLite's shows it.
    made.is_new = there == 0 || made.name == "-wal" || made.name == "-spill";
    made.head.pMethods = &methods_;
    if (there == 0)
      tell({disk_event::create, made.number, made.name, 0, {}, false});
    else
      tell({disk_event::open, made.number, made.name, 0, {}, false});
    return SQLITE_OK;
  }
  int write(const file& to, std::string_view bytes, sqlite3_int64 at) {
    sqlite3_file* const real = reinterpret_cast<sqlite3_file*>(const_cast<file*>(&to) + 1);
    if (fails()) {
      // Half of it is there.
      const int half = static_cast<int>(bytes.size() / 2);
      tell({disk_event::write, to.number, {}, at, std::string(bytes.substr(0, bytes.size() / 2)), false});
      real->pMethods->xWrite(real, bytes.data(), half, at);
      return full_instead ? SQLITE_FULL : SQLITE_IOERR_WRITE;
    }
    if (bytes_left >= 0) {
      sqlite3_int64 size = 0;
      real->pMethods->xFileSize(real, &size);
      const sqlite3_int64 more = (std::max)(sqlite3_int64{0}, at + static_cast<sqlite3_int64>(bytes.size()) - size);
      const std::lock_guard lock(guard_);
      if (more > bytes_left) return SQLITE_FULL;
      bytes_left -= more;
    }
    tell({disk_event::write, to.number, {}, at, std::string(bytes), false});
    return real->pMethods->xWrite(real, bytes.data(), static_cast<int>(bytes.size()), at);
  }

  std::mutex guard_;  // of the events and the calls: a store at `durability::none` writes in a thread of its own
  sqlite3_vfs* real_;
  sqlite3_vfs vfs_{};
  sqlite3_io_methods methods_{};
  int numbers_ = 0;
};

}  // namespace sqlite_test
