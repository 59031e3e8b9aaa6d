// Bodies of queue/sqlite_store.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/executor/process.hpp>
#include <auditor/impl/queue/entry_block.hpp>
#include <auditor/queue/sqlite_store.hpp>

#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
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
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

// The name of a file system that lies on another machine, by the number that Linux gives it (statfs); null: none that is known.
inline const char* network_file_system(std::uint32_t number) noexcept {
  switch (number) {
    case 0x6969: return "NFS";
    case 0x517B:
    case 0xFE53'4D42:
    case 0xFF53'4D42: return "SMB";
    case 0x0BD0'0BD0: return "Lustre";
    case 0x4750'4653: return "GPFS";
    case 0x1983'0326: return "BeeGFS";
    case 0x00C3'6400: return "CephFS";
    case 0x5346'414F: return "AFS";
    default: return nullptr;
  }
}

// What one row of the file holds, so that nobody has to count. An append does not write it, since that is one page more: each entry has the bytes of
// all that were ever appended, and with its number that is what came since the row was written.
struct sqlite_counters {
  store_counts counts;
  std::uint64_t first = 1;  // no entry below it waits
  std::uint64_t total = 0;  // bytes that were ever appended
  timestamp held_until{};
  std::uint64_t pages = 0, free_pages = 0;  // of the file as it was closed; while it is open 0

  std::int64_t mark() const noexcept {
    sqlite_mark mark;
    for (const std::uint64_t each : {counts.waiting, counts.waiting_bytes, counts.dead, counts.dead_bytes,
                                     counts.last_number, first, total, pages, free_pages})
      mark.add(each);
    mark.add(static_cast<std::uint64_t>(held_until.time_since_epoch().count()));
    return mark.get();
  }
  bool is_empty() const noexcept { return first > counts.last_number; }
  void drop_waiting(std::uint64_t entries, std::uint64_t bytes) noexcept {
    counts.waiting -= (std::min)(counts.waiting, entries);
    counts.waiting_bytes -= (std::min)(counts.waiting_bytes, bytes);
    // What could not be read any more went without its bytes.
    if (is_empty()) counts.waiting = counts.waiting_bytes = 0;
  }
  void drop_dead(std::uint64_t bytes) noexcept {
    counts.dead -= (std::min)(counts.dead, std::uint64_t{1});
    counts.dead_bytes -= (std::min)(counts.dead_bytes, bytes);
  }
};

// Which of so many numbers do not wait any more. The file has those of each block in which some do, and others do not: so a row that is not
// there is told from one that was dropped, whatever became of the page that it was on.
class settled_block {
 public:
  static constexpr std::uint64_t numbers = 512, none = ~std::uint64_t{0};
  static std::uint64_t of(std::uint64_t number) noexcept { return number / numbers; }

  settled_block() = default;
  // `bits`, `mark`: of the file; what was changed there counts for nothing.
  settled_block(std::uint64_t index, std::string_view bits, std::int64_t mark) noexcept : index_(index) {
    if (bits.size() != bits_.size()) return;
    std::memcpy(bits_.data(), bits.data(), bits.size());
    if (this->mark() != mark) bits_ = {};
  }
  std::uint64_t index() const noexcept { return index_; }
  bool is_changed() const noexcept { return changed_; }
  bool has(std::uint64_t number) const noexcept { return (bits_[number % numbers / 8] >> number % 8 & 1) != 0; }
  void add(std::uint64_t number) noexcept {
    char& of = bits_[number % numbers / 8];
    of = static_cast<char>(static_cast<unsigned char>(of) | 1U << number % 8);
    changed_ = true;
  }
  std::string_view bits() const noexcept { return {bits_.data(), bits_.size()}; }
  std::int64_t mark() const noexcept {
    sqlite_mark mark;
    mark.add(index_);
    mark.add(bits());
    return mark.get();
  }

 private:
  std::uint64_t index_ = none;
  std::array<char, numbers / 8> bits_{};
  bool changed_ = false;
};

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

inline constexpr std::array sqlite_texts{
    "BEGIN IMMEDIATE",
    "COMMIT",
    "INSERT INTO entries(number, kind, accepted, mark, total, json) VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
    "SELECT number, kind, accepted, mark, json, total FROM entries WHERE number >= ?1 ORDER BY number",
    "SELECT length(json) FROM entries WHERE number = ?1",
    "SELECT (SELECT total FROM entries WHERE number = ?2) - total + length(json) FROM entries WHERE number = ?1",
    "SELECT ifnull(sum(length(json)), 0) FROM entries WHERE number BETWEEN ?1 AND ?2",
    "DELETE FROM entries WHERE number BETWEEN ?1 AND ?2",
    "DELETE FROM entries",
    "SELECT bits, mark FROM settled WHERE block = ?1",
    "INSERT OR REPLACE INTO settled(block, bits, mark) VALUES(?1, ?2, ?3)",
    "DELETE FROM settled WHERE block < ?1",
    "INSERT OR REPLACE INTO dead(number, kind, accepted, mark, json, died, code, status, words) "
    "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    "SELECT number, kind, accepted, mark, json, died, code, status, words FROM dead WHERE number >= ?1 ORDER BY number",
    "SELECT length(json) FROM dead WHERE number = ?1",
    "SELECT count(*) FROM dead",
    "DELETE FROM dead WHERE number = ?1",
    "UPDATE counters SET waiting = ?1, waiting_bytes = ?2, dead = ?3, dead_bytes = ?4, last_number = ?5, held_until = ?6, "
    "total = ?7, first = ?8, pages = ?9, free_pages = ?10, mark = ?11 WHERE id = 1",
    "INSERT OR REPLACE INTO spilled(last, first, place, size, mark) VALUES(?1, ?2, ?3, ?4, ?5)",
    "SELECT place, size FROM spilled ORDER BY place",
    "SELECT last, first, place, size, mark FROM spilled WHERE last >= ?1 ORDER BY last",
    "DELETE FROM spilled WHERE last = ?1",
};
static_assert(sqlite_texts.size() == static_cast<std::size_t>(sqlite_query::end_of_list));

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

// Which file a name leads to.
struct file_identity {
  dev_t device{};
  ino_t node{};
  bool operator==(const file_identity&) const = default;
};
inline bool find_file(const std::string& name, file_identity& found) noexcept {
  struct stat what{};
  if (stat(name.c_str(), &what) != 0) return false;
  found = {what.st_dev, what.st_ino};
  return true;
}

// The files that this process has open, and those that were open in its parent: what SQLite knows of those goes over with a fork, and it
// lets no other open them.
class opened_files {
 public:
  // The process that had it open when this one was forked; 0: none.
  pid_t parent_that_had(const file_identity& which) {
    const std::lock_guard lock(guard_);
    for (const opened& each : all_)
      if (each.which == which && !each.owner.is_this()) return each.process;
    return 0;
  }
  void add(const file_identity& which) {
    const std::lock_guard lock(guard_);
    all_.push_back({which, {}, getpid()});
  }
  void remove(const file_identity& which) {
    const std::lock_guard lock(guard_);
    std::erase_if(all_, [&](const opened& each) { return each.which == which && each.owner.is_this(); });
  }

 private:
  struct opened {
    file_identity which;
    owning_process owner;
    pid_t process;
  };
  std::mutex guard_;
  std::vector<opened> all_;
};
inline opened_files& all_opened_files() {
  static opened_files all;
  return all;
}

// A file beside the database, by the same way to the disk.
class sqlite_side_file {
 public:
  sqlite_side_file() = default;
  sqlite_side_file(const sqlite_side_file&) = delete;
  sqlite_side_file& operator=(const sqlite_side_file&) = delete;
  ~sqlite_side_file() { close(); }
  bool is_open() const noexcept { return memory_ != nullptr; }
  // `name` outlives it, and is that of the database with something behind a "-": as with a log of SQLite's, whose rights and owner are those of the database.
  int open(sqlite3* db, const std::string& name, bool makes_it) {
    sqlite3_file_control(db, "main", SQLITE_FCNTL_VFS_POINTER, static_cast<void*>(&disk_));
    memory_ = std::make_unique<char[]>(static_cast<std::size_t>(disk_->szOsFile));
    const int flags = SQLITE_OPEN_WAL | SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW | (makes_it ? SQLITE_OPEN_CREATE : 0);
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
    for (std::size_t i = 0; code == SQLITE_OK && i < bytes.size(); i += part) {
      const std::string_view some = bytes.substr(i, part);
      code = get()->pMethods->xWrite(get(), some.data(), static_cast<int>(some.size()), static_cast<sqlite3_int64>(at + i));
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
  static constexpr std::size_t part = std::size_t{1} << 16;  // SQLite writes no more than 128 KiB at a time
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

enum class sqlite_sync : std::uint8_t { before_return, later };
enum class sqlite_room : std::uint8_t { unknown, kept, gone };

// The open file. It stays where it is, since SQLite is told its address.
struct sqlite_file {
  std::string path, folder, full, spill_name;
  file_identity entries_place, log_place, spill_place;
  std::chrono::nanoseconds looked_at{};  // whether they are still there
  sqlite_store_options options;
  owning_process owner;
  int lock = -1;
  sqlite3* db = nullptr;
  std::array<sqlite3_stmt*, sqlite_texts.size()> statements{};
  sqlite_counters now;
  settled_block block;
  bool is_open = false;
  // Something was not where it belongs.
  bool is_damaged = false;
  bool is_spill_named = false;      // its name is on the disk
  bool is_settled_unknown = false;  // which numbers do not wait cannot be read
  const char* synchronous = "";
  std::uint32_t pages_in_log = 0;
  sqlite_room room = sqlite_room::unknown;
  // At `durability::none` entries gather in memory, and go to a file of their own in blocks, while others gather.
  gathered_entries gathered, leaving;
  sqlite_side_file spill_file;
  std::unique_ptr<block_writer> writer;  // of those that leave
  std::uint64_t spill_size = 0;          // bytes
  // Where the next block comes, and as far as it has room there. Behind that is a block that waits, or nobody has looked for room before it.
  std::uint64_t spill_end = 0, spill_limit = 0;
  std::uint64_t last_spilled = 0;  // the highest number in a block
  entry_block loaded;              // that was read last
  // A write-through failed: what was written before may be on the disk or not, and nothing will tell.
  bool log_in_doubt = false;

  sqlite_file() = default;
  sqlite_file(const sqlite_file&) = delete;
  sqlite_file& operator=(const sqlite_file&) = delete;
  ~sqlite_file() { close(); }

  // ---- Words ----

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
  // What SQLite has to say of its last call.
  error failed(int code) { return failed(code, db != nullptr ? sqlite3_system_errno(db) : 0); }
  // ... of a call to the file of blocks, of which the database knows nothing.
  error failed_with_blocks(int code) { return failed(code, spill_file.system_error()); }
  error failed(int code, int number) {
    const int kind = code & 0xFF;
    if (kind == SQLITE_FULL) number = ENOSPC;  // which SQLite does not keep
    if (code == SQLITE_IOERR_FSYNC || code == SQLITE_IOERR_DIR_FSYNC) log_in_doubt = true;
    const char* const words =
        db != nullptr && sqlite3_extended_errcode(db) == code ? sqlite3_errmsg(db) : sqlite3_errstr(code);
    if (kind == SQLITE_BUSY || kind == SQLITE_LOCKED)
      return says(errc::busy, " is in use by another program: ").more(words);
    error e = says(errc::storage_failed, ": ").more(words);
    if (number != 0 && (kind == SQLITE_IOERR || kind == SQLITE_FULL || kind == SQLITE_CANTOPEN || kind == SQLITE_READONLY))
      e.more(" (").more(std::system_category().message(number)).more(")");
    e.native = code;
    return e;
  }

  // ---- Statements ----

  // One that is ready to be bound, and is so again behind this.
  class query {
   public:
    query(sqlite_file& file, sqlite_query which) noexcept : statement_(file.statements[static_cast<std::size_t>(which)]) {}
    explicit query(sqlite3_stmt* statement) noexcept : statement_(statement) {}
    query(const query&) = delete;
    query& operator=(const query&) = delete;
    ~query() { sqlite3_reset(statement_); }

    query& is(int at, std::int64_t value) noexcept {
      sqlite3_bind_int64(statement_, at, value);
      return *this;
    }
    query& is(int at, std::uint64_t value) noexcept { return is(at, static_cast<std::int64_t>(value)); }
    // Of what lives longer than the call of step.
    query& blob(int at, std::string_view value) noexcept {
      sqlite3_bind_blob64(statement_, at, value.empty() ? "" : value.data(), value.size(), SQLITE_STATIC);
      return *this;
    }
    query& text(int at, std::string_view value) noexcept {
      sqlite3_bind_text64(statement_, at, value.empty() ? "" : value.data(), value.size(), SQLITE_STATIC, SQLITE_UTF8);
      return *this;
    }
    int step() noexcept { return sqlite3_step(statement_); }
    void again() noexcept { sqlite3_reset(statement_); }
    // Of one without rows.
    int run() noexcept {
      sqlite3_step(statement_);
      return sqlite3_reset(statement_);
    }
    std::int64_t number(int column) noexcept { return sqlite3_column_int64(statement_, column); }
    std::string_view bytes(int column) noexcept {
      const void* const from = sqlite3_column_blob(statement_, column);
      const int size = sqlite3_column_bytes(statement_, column);
      return from != nullptr && size > 0 ? std::string_view(static_cast<const char*>(from), static_cast<std::size_t>(size))
                                         : std::string_view();
    }

   private:
    sqlite3_stmt* statement_;
  };

  int execute(const char* text) noexcept { return sqlite3_exec(db, text, nullptr, nullptr, nullptr); }
  // The first column of the first row.
  int ask(const char* text, std::int64_t& answer) noexcept {
    sqlite3_stmt* statement = nullptr;
    int code = sqlite3_prepare_v2(db, text, -1, &statement, nullptr);
    if (code == SQLITE_OK && sqlite3_step(statement) == SQLITE_ROW) answer = sqlite3_column_int64(statement, 0);
    const int how = sqlite3_finalize(statement);
    return code != SQLITE_OK ? code : how;
  }

  // ---- Transactions ----

  // All that `work` does to the file and to the counters, or nothing. `work` gives a code of SQLite's.
  template <class Work>
  error transaction(sqlite_sync when, Work work, bool only_appends = false) {
    error e = attempt(when, work, only_appends);
    if ((e.native & 0xFF) == SQLITE_FULL && when == sqlite_sync::later && give_room())
      e = attempt(when, work, only_appends);
    return e;
  }
  template <class Work>
  error attempt(sqlite_sync when, Work& work, bool only_appends) {
    if (log_in_doubt)
      if (const error e = renew_log()) return e;
    if (const int code = be_synchronous(when); code != SQLITE_OK) return failed(code);
    sqlite_counters next = now;
    int code = query(*this, sqlite_query::begin).run();
    next.pages = next.free_pages = 0;
    if (code == SQLITE_OK) code = work(next);
    if (code == SQLITE_OK) code = save_block();
    if (code == SQLITE_OK && (!only_appends || now.pages != 0)) code = write(next);
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
  void roll_back() noexcept {
    if (sqlite3_get_autocommit(db) == 0) execute("ROLLBACK");
  }
  int be_synchronous(sqlite_sync when) noexcept {
    const char* wanted = "PRAGMA synchronous = OFF";
    if (options.level == durability::process_crash ||
        (options.level == durability::power_loss && when == sqlite_sync::later))
      wanted = "PRAGMA synchronous = NORMAL";
    else if (options.level == durability::power_loss)
      wanted = "PRAGMA synchronous = FULL";
    if (synchronous == wanted) return SQLITE_OK;
    const int code = execute(wanted);
    if (code == SQLITE_OK) synchronous = wanted;
    return code;
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
    if (pages_in_log >= options.log_pages) bring_log_in();
  }
  void bring_log_in() noexcept {
    if (!log_in_doubt) doubt(sqlite3_wal_checkpoint_v2(db, nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr));
  }
  void doubt(int code) noexcept {
    if (code == SQLITE_IOERR_FSYNC || code == SQLITE_IOERR_DIR_FSYNC) log_in_doubt = true;
    roll_back();
  }

  sqlite3_file* log_file() noexcept {
    sqlite3_file* log = nullptr;
    sqlite3_file_control(db, "main", SQLITE_FCNTL_JOURNAL_POINTER, static_cast<void*>(&log));
    return log != nullptr && log->pMethods != nullptr ? log : nullptr;
  }
  // A system that could not write through may say the next time that all is well, and what it had is lost: it holds for clean what it
  // did not write. So the log is written once more. Where nothing was to reach the disk, nothing is in doubt.
  error renew_log() {
    sqlite3_file* const log = log_file();
    int code = SQLITE_OK;
    if (log != nullptr) {
      sqlite3_int64 size = 0;
      code = log->pMethods->xFileSize(log, &size);
      std::vector<char> part(std::size_t{1} << 16);
      for (sqlite3_int64 at = 0; code == SQLITE_OK && at < size;) {
        const int length = static_cast<int>((std::min)(size - at, static_cast<sqlite3_int64>(part.size())));
        code = log->pMethods->xRead(log, part.data(), length, at);
        if (code == SQLITE_OK) code = log->pMethods->xWrite(log, part.data(), length, at);
        at += length;
      }
      if (code == SQLITE_OK) code = log->pMethods->xSync(log, SQLITE_SYNC_NORMAL);
    }
    if (code != SQLITE_OK) return failed(code);
    // SQLite does so for a log that it made, and only then.
    const error e = write_folder_through();
    log_in_doubt = static_cast<bool>(e);
    return e;
  }

  // ---- Room ----

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
  bool give_room() noexcept {
    if (room != sqlite_room::kept || ftruncate(lock, lock_size) != 0) return false;
    room = sqlite_room::gone;
    bring_log_in();
    return true;
  }
  error no_room() {
    if (room == sqlite_room::gone) keep_room();
    return room == sqlite_room::gone ? says(": the disk is full", ENOSPC) : error();
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

  // ---- Opening and closing ----

  static bool has_ended(std::uint64_t process) noexcept {
    return process < 0x7FFF'FFFF && kill(static_cast<pid_t>(process), 0) != 0 && errno == ESRCH;
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
    keep_room();
    return {};
  }
  // Behind the number of the process, in the file of the lock: that the file of the entries was made. One that is empty then was emptied.
  static constexpr std::string_view made = "made\n";
  static constexpr off_t made_at = 24;
  void note_made() noexcept {
    if (options.level != durability::none) static_cast<void>(!pwrite(lock, made.data(), made.size(), made_at));
  }
  bool was_made() const noexcept {
    std::array<char, made.size()> noted{};
    return (pread(lock, noted.data(), noted.size(), made_at) == static_cast<ssize_t>(noted.size()) &&
            std::string_view(noted.data(), noted.size()) == made) ||
           has_log() || has_blocks();
  }
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
    std::array<unsigned char, 100> head{};
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
    struct stat journal{};
    if (size != 0 && stat((full + "-journal").c_str(), &journal) != 0) {  // which SQLite has to look at first
      if (std::memcmp(head.data(), "SQLite format 3", 16) != 0)
        return says(errc::storage_failed, " is no file of SQLite's");
      const auto number = [&head](std::size_t at) {
        std::int64_t sum = 0;
        for (std::size_t i = 0; i < 4; ++i) sum = sum << 8 | head[at + i];
        return sum;
      };
      const bool may_be_empty = number(68) == 0 && number(60) == 0 && number(28) <= 1;  // pages: it was not finished
      if (!may_be_empty)
        if (const error other = is_ours(number(68), number(60))) return other;
    }
    return is_new && options.level == durability::power_loss ? write_folder_through() : e;
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

  error open() {
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
    if (const error e = take_lock()) return e;
    if (const error e = look_at()) return e;
    if (const error e = is_not_inherited()) return e;

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
      code = sqlite3_prepare_v3(db, sqlite_texts[i], -1, SQLITE_PREPARE_PERSISTENT, &statements[i], nullptr);
    file_identity spill;
    if (code == SQLITE_OK && find_file(spill_name, spill)) code = open_spill(false);
    if (code != SQLITE_OK) return failed(code);
    if (const error e = count()) return e;
    if (const std::uint64_t newest = noted_newest(); newest > now.counts.last_number)
      if (const error e = tell_lost(newest)) return e;
    is_open = find_file(full, entries_place) && find_file(full + "-wal", log_place);
    if (is_open) all_opened_files().add(entries_place);
    return is_open ? error() : says(" cannot be found", errno);
  }
  int prepare_file() noexcept {
    for (const int off : {SQLITE_DBCONFIG_ENABLE_TRIGGER, SQLITE_DBCONFIG_ENABLE_VIEW, SQLITE_DBCONFIG_TRUSTED_SCHEMA})
      sqlite3_db_config(db, off, 0, nullptr);
    sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    // Exclusive before anything is read: the log then needs no shared memory, which network filesystems lack.
    return execute(
        "PRAGMA locking_mode = EXCLUSIVE; PRAGMA mmap_size = 0; PRAGMA cache_size = -3000; PRAGMA temp_store = MEMORY;"
        "PRAGMA cell_size_check = ON; PRAGMA secure_delete = FAST; PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = "
        "ON;");
  }
  // In a journal of the old kind, so that the file itself says whose it is before there is a log.
  int make_tables() {
    int code = execute("PRAGMA page_size = 4096; PRAGMA auto_vacuum = INCREMENTAL;");
    if (code == SQLITE_OK)
      code = execute(options.level == durability::none ? "PRAGMA synchronous = OFF" : "PRAGMA synchronous = EXTRA");
    if (code == SQLITE_OK) code = execute("BEGIN EXCLUSIVE");
    if (code == SQLITE_OK) code = execute(sqlite_schema);
    const std::string counters =
        "INSERT INTO counters VALUES(1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, " + std::to_string(sqlite_counters().mark()) + ")";
    if (code == SQLITE_OK) code = execute(counters.c_str());
    return code == SQLITE_OK ? execute("COMMIT") : code;
  }
  int make_log() {
    int code = be_synchronous(sqlite_sync::before_return);
    if (code == SQLITE_OK) code = execute("PRAGMA journal_mode = WAL; PRAGMA journal_size_limit = 8388608;");
    // SQLite may say so and not have it, where a call of the system failed. The file tells.
    std::array<char, 2> versions{};
    sqlite3_file* entries = nullptr;
    sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, static_cast<void*>(&entries));
    if (code == SQLITE_OK) code = entries->pMethods->xRead(entries, versions.data(), 2, 18);
    if (code == SQLITE_OK && (versions[0] != 2 || versions[1] != 2)) code = SQLITE_CANTOPEN;
    if (code != SQLITE_OK) return code;
    sqlite3_wal_hook(
        db,
        [](void* file, sqlite3*, const char*, int pages) {
          static_cast<sqlite_file*>(file)->pages_in_log = static_cast<std::uint32_t>(pages);
          return SQLITE_OK;
        },
        this);
    // A log that was not closed may be in doubt, and who knew it has ended.
    sqlite3_int64 size = 0;
    sqlite3_file* const log = log_file();
    if (log != nullptr) code = log->pMethods->xFileSize(log, &size);
    log_in_doubt = size != 0 && options.level != durability::none;
    return code;
  }

  // Believes the row of counters, and counts only where that is broken.
  error count() {
    bool is_whole = false;
    sqlite3_stmt* row = nullptr;
    constexpr const char* text =
        "SELECT waiting, waiting_bytes, dead, dead_bytes, last_number, held_until, total, first, pages, free_pages, mark "
        "FROM counters WHERE id = 1";
    int code = sqlite3_prepare_v2(db, text, -1, &row, nullptr);
    if (code == SQLITE_OK) code = sqlite3_step(row);
    if (code == SQLITE_ROW) {
      const auto number = [row](int column) { return static_cast<std::uint64_t>(sqlite3_column_int64(row, column)); };
      now.counts = {number(0), number(1), number(2), number(3), number(4)};
      now.held_until = timestamp(std::chrono::microseconds(sqlite3_column_int64(row, 5)));
      now.total = number(6);
      now.first = number(7);
      now.pages = number(8);
      now.free_pages = number(9);
      is_whole = sqlite3_column_int64(row, 10) == now.mark();
    }
    sqlite3_finalize(row);
    if (code != SQLITE_ROW && code != SQLITE_DONE && !is_corrupt(code)) return failed(code);

    // The newest entry tells what was appended since; of a file that was closed the counters do.
    newest_entry last, letter;
    code = find_newest("SELECT number, kind, accepted, mark, json, total FROM entries ORDER BY number DESC", true, last);
    if (is_corrupt(code) && is_whole && now.pages != 0) code = SQLITE_OK;
    if (code != SQLITE_OK) return failed(code);
    code = find_newest("SELECT number, kind, accepted, mark, json FROM dead ORDER BY number DESC", false, letter);
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
    sqlite3_stmt* statement = nullptr;
    int code = sqlite3_prepare_v2(db, "SELECT block, bits, mark FROM settled", -1, &statement, nullptr);
    if (code != SQLITE_OK) return code;
    {
      query row(statement);
      while ((code = row.step()) == SQLITE_ROW) {
        const settled_block each(static_cast<std::uint64_t>(row.number(0)), row.bytes(1), row.number(2));
        for (std::uint64_t i = 0, number = each.index() * settled_block::numbers; i < settled_block::numbers; ++i, ++number)
          if (each.has(i) && number >= now.first) ++count;
      }
    }
    sqlite3_finalize(statement);
    return code == SQLITE_DONE ? SQLITE_OK : code;
  }
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
  // As a dead letter: nobody knows whether all was there.
  int tell_counted_anew(sqlite_counters& next) {
    return tell(says(errc::storage_failed, " was damaged, and counted anew: ")
                    .more(next.counts.waiting)
                    .more(" entries wait and ")
                    .more(next.counts.dead)
                    .more(" are dead letters; others may be missing"),
                next);
  }
  int tell(const error& e, sqlite_counters& next) {
    ++next.counts.waiting;
    dead_letter letter;
    letter.entry.number = ++next.counts.last_number;
    letter.entry.accepted = letter.died = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
    letter.code = e.code;
    letter.words = e.words();
    return bury(letter, false, next);
  }
  // What waits is what has a row of its own, and of a block all but the dead: what was delivered of one is sent again, and found to be there.
  int count_numbers(sqlite_counters& next) {
    sqlite3_stmt* statement = nullptr;
    int code = sqlite3_prepare_v2(db, "SELECT number FROM entries ORDER BY number", -1, &statement, nullptr);
    if (code != SQLITE_OK) return code;
    next.first = next.counts.last_number + 1;
    std::uint64_t expected = 0;  // none yet
    {
      query row(statement);
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
    }
    sqlite3_finalize(statement);
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
  struct newest_entry {
    std::uint64_t number = 0, total = 0;
    std::uint64_t changed = 0;  // that come behind it, or would
  };
  // The newest entry, or letter, that is as it was written.
  int find_newest(const char* newest_first, bool has_total, newest_entry& found) {
    sqlite3_stmt* statement = nullptr;
    int code = sqlite3_prepare_v2(db, newest_first, -1, &statement, nullptr);
    if (code != SQLITE_OK) return code;
    {
      query row(statement);
      queue_entry entry;
      while ((code = row.step()) == SQLITE_ROW) {
        const std::uint64_t total = has_total ? static_cast<std::uint64_t>(row.number(5)) : 0;
        if (take(row, total, entry)) {
          found.number = entry.number;
          found.total = total;
          break;
        }
        ++found.changed;
      }
    }
    sqlite3_finalize(statement);
    return code == SQLITE_ROW || code == SQLITE_DONE ? SQLITE_OK : code;
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

  // ---- What waits ----

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

  // ---- Rows ----

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
  int drop_letter(std::uint64_t number, std::int64_t size, sqlite_counters& next) noexcept {
    next.drop_dead(static_cast<std::uint64_t>(size));
    return query(*this, sqlite_query::drop_letter).is(1, number).run();
  }
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

  // ---- Entries that no row has ----

  // Bytes. No more than the log may have, for which there is room on a disk that becomes full.
  std::size_t most_gathered() const noexcept {
    return (std::min)(std::size_t{1} << 19, std::size_t{options.log_pages} * 4096);
  }

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
    if ((code & 0xFF) == SQLITE_FULL && when == sqlite_sync::later && give_room()) code = write();
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
    if (e) return e;
    if (!places.empty()) spill_end = next_page(places.back().at + places.back().size);
    spill_size = (std::max)(spill_size, spill_end);
    from.clear(from.last() + 1);
    return {};
  }
  // The file of blocks is open behind it, with room for so many bytes.
  error open_blocks(std::uint64_t bytes) {
    if (const int code = spill_file.is_open() ? SQLITE_OK : open_spill(true); code != SQLITE_OK)
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
  int open_spill(bool makes_it) {
    int code = spill_file.open(db, spill_name, makes_it);
    std::uint64_t size = 0;
    if (code == SQLITE_OK) code = spill_file.size(size);
    spill_end = spill_size = next_page(size);
    spill_limit = 0;
    if (code == SQLITE_OK && !find_file(spill_name, spill_place)) code = SQLITE_CANTOPEN;
    return code;
  }
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
    loaded.clear(0);
    const bool is_there =
        spill_file.is_open() && place.is_plausible() && place.at <= spill_size && place.size <= spill_size - place.at;
    if (!is_there) return SQLITE_OK;
    std::string all(static_cast<std::size_t>(place.size), '\0');
    const int code = spill_file.read(all, place.at);
    if (code != SQLITE_OK && code != SQLITE_IOERR_SHORT_READ) return code;
    if (code == SQLITE_OK) loaded.assign(place, std::move(all));
    return SQLITE_OK;
  }

  error settle_rows(std::span<const std::uint64_t> numbers, timestamp hold_until) {
    return transaction(sqlite_sync::later, [this, numbers, hold_until](sqlite_counters& next) {
      next.held_until = (std::max)(next.held_until, hold_until);
      int code = SQLITE_OK;
      for (std::size_t i = 0; code == SQLITE_OK && i < numbers.size();) {
        const std::size_t first = i++;
        while (i < numbers.size() && numbers[i] == numbers[i - 1] + 1) ++i;
        code = drop(numbers[first], numbers[i - 1], true, next);
      }
      return code;
    });
  }

  // ---- Where the file is broken ----

  static bool is_corrupt(int code) noexcept { return (code & 0xFF) == SQLITE_CORRUPT; }
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
  error read(std::uint64_t after, std::size_t most, std::size_t most_bytes, std::vector<queue_entry>& to) {
    query row(*this, sqlite_query::read);
    std::size_t bytes = 0;
    const auto has_room = [&](std::size_t size) { return bytes += size, to.empty() || bytes <= most_bytes; };
    std::uint64_t at = 0;        // where the row is
    std::uint64_t no_block = 0;  // has any number below this one
    std::uint64_t number = after + 1;
    for (; to.size() < most; ++number) {
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
        if (!loaded.take(number, to.emplace_back())) is_damaged = true;
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
        take(row, static_cast<std::uint64_t>(row.number(5)), to.emplace_back());
        continue;
      }
      at = 0;
      if (code != SQLITE_ROW && code != SQLITE_DONE && !is_corrupt(code)) return failed(code);
      // It is told as an entry without JSON - but where nothing behind it can be read either nothing would come of going on.
      is_damaged = true;
      if (is_corrupt(code) && !to.empty()) return {};
      if (is_corrupt(code) && !is_readable_behind(number)) return failed(code);
      to.push_back({number, entry_kind::add, timestamp(), std::string()});
    }
    for (const gathered_entries* each : {&leaving, &gathered}) {
      if (each->is_empty()) continue;
      for (number = (std::max)(number, each->first()); to.size() < most && each->has(number); ++number) {
        if (each->is_settled(number)) continue;
        if (!has_room(static_cast<std::size_t>(each->json_size(number)))) return {};
        each->take(number, to.emplace_back());
      }
    }
    return {};
  }
};

inline constexpr std::string_view queue_of_the_parent = "this queue is the parent's: open another file after fork()";
inline constexpr std::string_view queue_moved_away = "this store was moved from";

}  // namespace detail

inline result<sqlite_store> sqlite_store::open(detail::borrowed_text path, const sqlite_store_options& options) {
  const std::string_view characters = path;
  if (characters.empty()) return error(errc::invalid_argument, "path: is empty");
  if (characters.find('\0') != std::string_view::npos) return error(errc::invalid_argument, "path: holds U+0000");
  auto file = std::make_unique<detail::sqlite_file>();
  file->path = characters;
  file->options = options;
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
      true);
}

inline error sqlite_store::read(std::uint64_t after, std::size_t most, std::size_t most_bytes,
                                std::vector<queue_entry>& to) {
  to.clear();
  if (const error e = usable(); e || most == 0) return e;
  if (after >= file_->counts().last_number) return {};
  const error e = file_->read(after, most, most_bytes, to);
  if (e) to.clear();
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

inline store_counts sqlite_store::counts() const noexcept { return file_ != nullptr ? file_->counts() : store_counts(); }
inline timestamp sqlite_store::held_until() const noexcept {
  return file_ != nullptr ? file_->now.held_until : timestamp();
}
inline durability sqlite_store::level() const noexcept {
  return file_ != nullptr ? file_->options.level : durability::none;
}

}  // namespace AUDITOR_ABI
}  // namespace auditor
