// SQLite's connection to a queue in a file: its statements, its settings, its log, and what it says of failures.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/error.hpp>
#include <auditor/impl/queue/sqlite/counters.hpp>
#include <auditor/impl/queue/sqlite/place.hpp>
#include <auditor/impl/queue/sqlite/statements.hpp>

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

enum class sqlite_sync : std::uint8_t { before_return, later };

// It stays where it is, since SQLite is told its address.
struct sqlite_connection : sqlite_place {
  sqlite3* db = nullptr;
  std::array<sqlite3_stmt*, sqlite_texts.size()> statements{};
  const char* synchronous = "";
  std::uint32_t pages_in_log = 0;
  // A write-through failed: what was written before may be on the disk or not, and nothing will tell.
  bool log_in_doubt = false;

  // What SQLite has to say of its last call.
  error failed(int code) { return failed(code, db != nullptr ? sqlite3_system_errno(db) : 0); }
  error failed(int code, int number) {
    const int kind = code & 0xFF;
    if (kind == SQLITE_FULL) number = ENOSPC;                     // which SQLite does not keep
    if (kind == SQLITE_CANTOPEN && number == ENOENT) number = 0;  // of a file beside it, which does not have to be there
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
  // ... of a call to the file of blocks, of which the database knows nothing.
  error failed_with_blocks(int code) { return failed(code, spill_file.system_error()); }
  static bool is_corrupt(int code) noexcept { return (code & 0xFF) == SQLITE_CORRUPT; }

  // ---- Statements ----

  // One that is ready to be bound, and is so again behind this.
  class query {
   public:
    query(sqlite_connection& file, sqlite_query which) noexcept
        : statement_(file.statements[static_cast<std::size_t>(which)]) {}
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
    // A disk that cannot read looks like a file that is damaged, and may read the next time: asked once more, but not behind a row.
    int step() noexcept {
      int code = sqlite3_step(statement_);
      if (is_corrupt(code) && !is_under_way_) {
        sqlite3_reset(statement_);
        code = sqlite3_step(statement_);
      }
      is_under_way_ = true;
      return code;
    }
    void again() noexcept {
      sqlite3_reset(statement_);
      is_under_way_ = false;
    }
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
    bool is_under_way_ = false;
  };

  // What is asked once, when the file is opened.
  struct finalizer {
    void operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }
  };
  using owned_statement = std::unique_ptr<sqlite3_stmt, finalizer>;
  int prepare(const char* text, owned_statement& to) noexcept {
    sqlite3_stmt* statement = nullptr;
    const int code = sqlite3_prepare_v2(db, text, -1, &statement, nullptr);
    to.reset(statement);
    return code;
  }

  int execute(const char* text) noexcept { return sqlite3_exec(db, text, nullptr, nullptr, nullptr); }
  // The first column of the first row.
  int ask(const char* text, std::int64_t& answer) noexcept {
    owned_statement statement;
    if (const int code = prepare(text, statement); code != SQLITE_OK) return code;
    query row(statement.get());
    const int code = row.step();
    if (code == SQLITE_ROW) answer = row.number(0);
    return code == SQLITE_ROW || code == SQLITE_DONE ? SQLITE_OK : code;
  }
  void roll_back() noexcept {
    if (sqlite3_get_autocommit(db) == 0) execute("ROLLBACK");
  }

  // ---- Opening ----

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
    if (code == SQLITE_OK) code = execute("PRAGMA synchronous = EXTRA");
    if (code == SQLITE_OK) code = execute("BEGIN EXCLUSIVE");
    if (code == SQLITE_OK) code = execute(sqlite_schema);
    const std::string counters =
        "INSERT INTO counters VALUES(1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, " + std::to_string(sqlite_counters().mark()) + ")";
    if (code == SQLITE_OK) code = execute(counters.c_str());
    return code == SQLITE_OK ? execute("COMMIT") : code;
  }
  int says_that_it_has_a_log(bool& says_so) noexcept {
    std::array<char, 2> versions{};
    sqlite3_file* entries = nullptr;
    sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, static_cast<void*>(&entries));
    const int code = entries->pMethods->xRead(entries, versions.data(), 2, 18);
    says_so = versions[0] == 2 && versions[1] == 2;
    return code;
  }
  int make_log() {
    // The change itself at every level: the journal of the old kind tells that a page of it is torn only if it was written through before it counts.
    int code = execute("PRAGMA synchronous = EXTRA; PRAGMA journal_mode = WAL; PRAGMA journal_size_limit = 8388608;");
    // SQLite may say so and not have it, where a call of the system failed, or where the power went in the midst of this very change: it rolls
    // the file back, and takes it for one with a log, since there is an empty one.
    bool has = false;
    if (code == SQLITE_OK) code = says_that_it_has_a_log(has);
    if (code == SQLITE_OK && !has) {
      code = execute("PRAGMA journal_mode = DELETE; PRAGMA journal_mode = WAL;");
      if (code == SQLITE_OK) code = says_that_it_has_a_log(has);
    }
    if (code == SQLITE_OK && !has) code = SQLITE_CANTOPEN;
    if (code == SQLITE_OK) code = be_synchronous(sqlite_sync::before_return);
    if (code != SQLITE_OK) return code;
    sqlite3_wal_hook(
        db,
        [](void* file, sqlite3*, const char*, int pages) {
          static_cast<sqlite_connection*>(file)->pages_in_log = static_cast<std::uint32_t>(pages);
          return SQLITE_OK;
        },
        this);
    // A log that was not closed may be in doubt, and who knew it has ended.
    sqlite3_int64 size = 0;
    sqlite3_file* const log = log_file();
    if (log != nullptr) code = log->pMethods->xFileSize(log, &size);
    log_in_doubt = size != 0;
    return code;
  }

  // ---- The log ----

  // Never off: a loss of power must not take what is in the file already, and the log is brought there seldom.
  int be_synchronous(sqlite_sync when) noexcept {
    const bool is_full = options.level == durability::power_loss && when == sqlite_sync::before_return;
    const char* const wanted = is_full ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL";
    if (synchronous == wanted) return SQLITE_OK;
    const int code = execute(wanted);
    if (code == SQLITE_OK) synchronous = wanted;
    return code;
  }
  // On a full disk a long log would take the room that the file may need when the log is brought there.
  std::uint32_t most_in_log() const noexcept {
    return room == sqlite_room::gone ? (std::min)(options.log_pages, std::uint32_t{16}) : options.log_pages;
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
  // did not write. So the log is written once more.
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
  // Where the room was given before, or others took it, the log that begins anew in its place is room enough for a change.
  void give_room() noexcept {
    if (room == sqlite_room::kept && ftruncate(lock, lock_size) == 0) room = sqlite_room::gone;
    bring_log_in();
  }
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
