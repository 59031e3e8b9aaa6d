// Where a queue in a file is: its names, its lock with what is noted there, the room kept on the disk, and who may open it.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/error.hpp>
#include <auditor/executor/process.hpp>
#include <auditor/impl/queue/sqlite/files.hpp>
#include <auditor/impl/queue/sqlite/side_file.hpp>
#include <auditor/impl/queue/sqlite/statements.hpp>
#include <auditor/queue/store.hpp>

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#ifdef __linux__
#include <sys/vfs.h>
#endif
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

enum class sqlite_room : std::uint8_t { unknown, kept, gone };

// `sqlite_store_options`, which comes with all the rest of the store.
struct sqlite_settings {
  durability level{};
  std::uint32_t log_pages = 0;
  bool network_file_system = false;
};

struct sqlite_place {
  std::string path, folder, full, spill_name;
  file_identity entries_place, log_place, spill_place;
  std::chrono::nanoseconds looked_at{};  // whether they are still there
  sqlite_settings options;
  owning_process owner;
  int lock = -1;
  sqlite_room room = sqlite_room::unknown;
  sqlite_side_file spill_file;

  error says(errc code, std::string_view words) const {
    error e(code, "the queue '");
    constexpr std::size_t most = 80;
    if (path.size() > most)
      e.more("...").more(std::string_view(path).substr(path.size() - most + 3));
    else
      e.more(path);
    return e.more("'").more(words);
  }
  error says(std::string_view words, int number) const {
    return says(errc::storage_failed, words).more(": ").more(std::system_category().message(number));
  }

  // ---- Who may open it ----

  // The names, and the lock. What is no file of ours is found out before SQLite changes it.
  error take_place() {
    const std::size_t slash = path.rfind('/');
    const std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
    const std::string above = slash == std::string::npos ? "." : path.substr(0, slash + 1);
    if (name.empty() || name == "." || name == "..") return says(errc::storage_failed, " is a folder");
    // The folder may be reached over links, the file may not.
    char* const real = realpath(above.c_str(), nullptr);
    if (real == nullptr) return says(": its folder cannot be found", errno);
    folder = real;
    std::free(real);
    full = folder == "/" ? folder + name : folder + "/" + name;
    spill_name = full + "-spill";
    struct stat what{};
    if (lstat(full.c_str(), &what) == 0) {
      if (S_ISDIR(what.st_mode)) return says(errc::storage_failed, " is a folder");
      if (S_ISLNK(what.st_mode)) return says(errc::storage_failed, " is a symbolic link");
      if (!S_ISREG(what.st_mode)) return says(errc::storage_failed, " is no regular file");
    }
    if (const error e = is_here()) return e;
    if (const error e = is_foreign()) return e;
    if (const error e = take_lock()) return e;
    if (const error e = look_at()) return e;
    keep_room();
    return is_not_inherited();
  }
  error is_here() const {
#ifdef __linux__
    struct statfs what{};
    if (options.network_file_system || statfs(folder.c_str(), &what) != 0) return {};
    if (const char* const name = network_file_system(static_cast<std::uint32_t>(what.f_type)))
      return says(errc::storage_failed, " is on a network file system (")
          .more(name)
          .more(
              "), whose locks and writes may not be what a queue needs: take a disk of this machine, or set "
              "sqlite_store_options::network_file_system");
#endif
    return {};
  }
  static bool has_ended(std::uint64_t process) noexcept {
    return process < 0x7FFF'FFFF && kill(static_cast<pid_t>(process), 0) != 0 && errno == ESRCH;
  }
  error take_lock() {
    const std::string name = full + ".lock";
    lock = ::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
    if (lock < 0) {
      if (errno == ELOOP) return says(errc::storage_failed, ".lock is a symbolic link");
      return says(".lock cannot be opened", errno);
    }
    struct stat what{};
    if (fstat(lock, &what) != 0 || !S_ISREG(what.st_mode)) return says(errc::storage_failed, ".lock is no regular file");
    if (flock(lock, LOCK_EX | LOCK_NB) != 0) {
      if (errno != EWOULDBLOCK) return says(".lock cannot be locked", errno);
      std::array<char, 24> digits{};
      const ssize_t size = pread(lock, digits.data(), digits.size() - 1, 0);
      const std::uint64_t process = size > 0 ? std::strtoull(digits.data(), nullptr, 10) : 0;
      if (process == 0) return says(errc::busy, " is in use by another process");
      if (has_ended(process))
        if (const error e = is_not_inherited()) return e;
      if (has_ended(process))
        return says(errc::busy, " is in use by a child that process ").more(process).more(" left behind");
      return says(errc::busy, " is in use by process ").more(process);
    }
    // Whoever cannot read it learns less: a full disk does not matter.
    const std::string number = std::to_string(getpid()) + "\n";
    if (pwrite(lock, number.data(), number.size(), 0) < 0 && errno != ENOSPC) return says(".lock cannot be written", errno);
    return {};
  }
  error is_not_inherited() const {
    file_identity which;
    const pid_t parent = find_file(full, which) ? all_opened_files().parent_that_had(which) : 0;
    if (parent == 0) return {};
    return says(errc::invalid_argument, " was open in process ")
        .more(static_cast<std::uint64_t>(parent))
        .more(" when that forked, and cannot be opened in this child: open it behind fork() first, or behind exec()");
  }
  // What is no file of ours is found out before SQLite changes it.
  error look_at() {
    bool is_new = false;
    int file = ::open(full.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (file < 0 && errno == ENOENT) {
      if (has_log())
        return says(errc::storage_failed,
                    " is gone, and its log, \"-wal\", is not: put it back, or delete the log to begin anew");
      if (has_blocks())
        return says(errc::storage_failed,
                    " is gone, and its blocks, \"-spill\", are not: put it back, or delete them to begin anew");
      is_new = true;
      note_newest(0);
      file = ::open(full.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    }
    if (file < 0) return says(" cannot be opened", errno);
    error e;
    struct stat what{};
    file_head head{};
    const ssize_t size = pread(file, head.data(), head.size(), 0);
    if (size < 0 || fstat(file, &what) != 0) e = says(" cannot be read", errno);
    ::close(file);
    if (e) return e;
    if (!S_ISREG(what.st_mode)) return says(errc::storage_failed, " is no regular file");
    if (what.st_uid != geteuid())
      return says(errc::storage_failed, " belongs to user ")
          .more(std::uint64_t{what.st_uid})
          .more(", and this process is user ")
          .more(std::uint64_t{geteuid()});
    if ((what.st_mode & S_IWOTH) != 0) return says(errc::storage_failed, " may be written by everybody: chmod o-w");
    if (size == 0 && !is_new && was_made())
      return says(errc::storage_failed, " is empty, and was a queue: what it had is gone; delete it to begin anew");
    if (size != 0)
      if (const error other = has_our_head(head)) return other;
    return is_new && options.level == durability::power_loss ? write_folder_through() : e;
  }
  // Before there is a file for the lock, so that none appears beside what is somebody else's.
  error is_foreign() const {
    const int file = ::open(full.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (file < 0) return {};  // looked at again behind the lock
    file_head head{};
    const ssize_t size = pread(file, head.data(), head.size(), 0);
    ::close(file);
    return size > 0 ? has_our_head(head) : error();
  }
  using file_head = std::array<unsigned char, 100>;
  error has_our_head(const file_head& head) const {
    struct stat journal{};
    if (stat((full + "-journal").c_str(), &journal) == 0) return {};  // which SQLite has to look at first
    if (std::memcmp(head.data(), "SQLite format 3", 16) != 0) return says(errc::storage_failed, " is no file of SQLite's");
    const auto number = [&head](std::size_t at) {
      std::int64_t sum = 0;
      for (std::size_t i = 0; i < 4; ++i) sum = sum << 8 | head[at + i];
      return sum;
    };
    const bool may_be_empty = number(68) == 0 && number(60) == 0 && number(28) <= 1;  // pages: it was not finished
    return may_be_empty ? error() : is_ours(number(68), number(60));
  }
  error is_ours(std::int64_t application, std::int64_t version) const {
    if (application != sqlite_application || version < 1)
      return says(errc::storage_failed, " is another program's database");
    if (version == sqlite_version) return {};
    return says(errc::storage_failed, version > sqlite_version ? " was written by a newer version of this library ("
                                                               : " was written by an older version of this library (")
        .more(static_cast<std::uint64_t>(version))
        .more("; this one knows ")
        .more(static_cast<std::uint64_t>(sqlite_version))
        .more(")");
  }

  // ---- What is noted in the file of the lock ----

  // Behind the number of the process, in the file of the lock: that the file of the entries was made. One that is empty then was emptied.
  static constexpr std::string_view made = "made\n";
  static constexpr off_t made_at = 24;
  void note_made() noexcept { static_cast<void>(!pwrite(lock, made.data(), made.size(), made_at)); }
  bool was_made() const noexcept {
    std::array<char, made.size()> noted{};
    return (pread(lock, noted.data(), noted.size(), made_at) == static_cast<ssize_t>(noted.size()) &&
            std::string_view(noted.data(), noted.size()) == made) ||
           has_log() || has_blocks();
  }
  // And behind that the newest number, which a log that is gone, or older, cannot take away unsaid. It is never on the disk before the entry.
  static constexpr off_t newest_at = 32;
  static constexpr off_t lock_size = 64;
  void note_newest(std::uint64_t number) noexcept {
    std::array<char, 24> digits{};
    const int size = std::snprintf(digits.data(), digits.size(), "%020llu\n", static_cast<unsigned long long>(number));
    static_cast<void>(!pwrite(lock, digits.data(), static_cast<std::size_t>(size), newest_at));
  }
  std::uint64_t noted_newest() const noexcept {
    std::array<char, 24> digits{};
    const ssize_t size = pread(lock, digits.data(), 21, newest_at);
    return size == 21 && digits[20] == '\n' ? std::strtoull(digits.data(), nullptr, 10) : 0;
  }

  // ---- Whether all is where it was ----

  bool has_log() const noexcept { return has_some(full + "-wal"); }
  bool has_blocks() const noexcept { return has_some(spill_name); }
  static bool has_some(const std::string& name) noexcept {
    struct stat what{};
    return stat(name.c_str(), &what) == 0 && what.st_size != 0;
  }
  // Others may have these names by now.
  bool are_names_ours() const noexcept {
    file_identity entries, spill;
    return find_file(full, entries) && entries == entries_place && find_file(spill_name, spill) && spill == spill_place;
  }
  // What is written to a file without a name is gone with the process.
  error is_in_its_place() const {
    const std::array<std::pair<const char*, const file_identity*>, 3> all{
        {{"", &entries_place}, {"-wal", &log_place}, {"-spill", &spill_place}}};
    for (const auto& [end, place] : std::span(all).first(spill_file.is_open() ? 3 : 2)) {
      file_identity found;
      const bool is_there = find_file(full + end, found), is_known = is_there || errno == ENOENT || errno == ENOTDIR;
      if (is_known && found != *place)
        return says(errc::storage_failed, end)
            .more(" was deleted or replaced while it is open: what it has goes out, and nothing more is taken");
    }
    return {};
  }
  // The names of the files.
  error write_folder_through() const {
    const int of = ::open(folder.c_str(), O_RDONLY | O_CLOEXEC | O_DIRECTORY);
    if (of < 0) return {};  // as one that may be written and not read
    const int number = fsync(of) != 0 ? errno : 0;
    ::close(of);
    return number == 0 || number == EINVAL ? error() : says(": its folder cannot be written through", number);
  }
  // Where an append does not even reach the system, a clock that goes in steps of the system's tick is much cheaper.
  std::chrono::nanoseconds moment() const noexcept {
#ifdef CLOCK_MONOTONIC_COARSE
    timespec is{};
    if (options.level == durability::none && clock_gettime(CLOCK_MONOTONIC_COARSE, &is) == 0)
      return std::chrono::seconds(is.tv_sec) + std::chrono::nanoseconds(is.tv_nsec);
#endif
    return std::chrono::steady_clock::now().time_since_epoch();
  }
  // To look each time would cost a third of an append that does not wait for the disk.
  bool is_time_to_look() const noexcept {
    return room == sqlite_room::gone || moment() - looked_at >= std::chrono::milliseconds(1);
  }
  error may_append() {
    if (const error e = is_in_its_place()) return e;
    looked_at = moment();
    return no_room();
  }

  // ---- Room on the disk ----

  // Bytes. No more than the log may have, for which there is room on a disk that becomes full.
  std::size_t most_gathered() const noexcept {
    return (std::min)(std::size_t{1} << 19, std::size_t{options.log_pages} * 4096);
  }
  // The file of the lock keeps room on the disk. When that is full, nothing more is appended, and the room goes to the file: as much as the log may
  // have to bring there, so that the log begins anew in its place and what waits can be delivered.
  void keep_room() noexcept {
#ifdef __linux__
    auto pages = std::int64_t{options.log_pages} * 3 / 2 + 64;
    if (options.level == durability::none) pages += static_cast<std::int64_t>(2 * most_gathered() / 4096);
    room = sqlite_room::kept;
    if (fallocate(lock, 0, 0, static_cast<off_t>(pages * 4096)) == 0) return;
    room = errno == ENOSPC || errno == EDQUOT || errno == EFBIG ? sqlite_room::gone : sqlite_room::unknown;
    // ext4 keeps the part that it found, and what waits could not be delivered for want of it.
    static_cast<void>(!ftruncate(lock, lock_size));
#endif
  }
  error no_room() {
    if (room == sqlite_room::gone) keep_room();
    return room == sqlite_room::gone ? says(": the disk is full", ENOSPC) : error();
  }
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
