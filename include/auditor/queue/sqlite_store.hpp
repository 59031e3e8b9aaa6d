// A store in a file: what waits survives the end of the process, and the loss of power. Link with SQLite.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#ifdef _WIN32
#error "auditor/queue/sqlite_store.hpp needs flock(2) and fork(2): on Windows use a store of your own"
#include <auditor/see_the_error_above>  // there is no such file
#endif

#include <auditor/base/result.hpp>
#include <auditor/base/text.hpp>
#include <auditor/queue/store.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {
struct sqlite_file;
}

/// How a `sqlite_store` keeps its entries.
struct AUDITOR_EXPORT sqlite_store_options {
  /// What an `append` that returned has reached. Each step is faster: `power_loss` writes through to the disk at every `append`.
  durability level = durability::power_loss;
  /// So many pages of 4 KiB gather in the log, the file "-wal", before they are brought into the file itself: the log is about as large.
  std::uint32_t log_pages = 1000;
  /// Open a file on NFS, SMB, Lustre and their like too. Their locks may let two machines in, and what they say is written may not be: whether
  /// that holds is for you to know. On Linux such a file is refused without; elsewhere it is not noticed.
  bool network_file_system = false;
};

/// Keeps entries in a file of SQLite's, which its shell can look at while no queue has it open.
///
/// ```cpp
/// auto store = auditor::sqlite_store::open("/var/lib/site/queue");
/// if (!store) return fail(message(store.error()));
/// auditor::queued_client queue(std::move(client), *std::move(store));
/// ```
/// There are three files: the path, the path with "-wal", the log, and the path with ".lock", which stays; and the path with "-spill" as long as something
/// waits that came in a large bulk, or at `durability::none`. The folder has to exist. They are made for their owner alone (0600).
///
/// At `durability::none` an append only goes to memory: half a MB gathers there, and is written by a thread of the store while as much gathers again. Whoever
/// comes before that is done waits for it. An orderly end writes what is left.
///
/// On Linux the file of the lock keeps some room, 6 MB by default: on a full disk nothing more is appended, but what waits can still be settled and buried.
///
/// What `settle` and `bury` did reaches the disk with the next `append`, or when the log is brought into the file: a loss of power may undo them,
/// the last first, and then what was delivered waits again. What `revive` and `discard` did is as safe as an `append`.
///
/// Each entry has a checksum. Of one that was changed, as by a disk that fails, `read` gives the JSON without its end, and of one
/// that cannot be read an empty one: neither is a record, so neither is sent as one. Which numbers wait is kept beside the entries, so one that is missing
/// - a page that holds what it held before, or what belongs elsewhere - is such an entry too, and never passed over. Where that itself was damaged
/// all is counted anew, and a dead letter says so. Dead letters that are missing are an error at the end of their list.
///
/// A file that is deleted or replaced while it is open takes nothing more, which is noticed within a millisecond; what it has can still be read and settled.
/// One that was emptied is refused as long as the file of its lock is there, and so is a log without its file. The file of the lock knows the newest number: where the log of
/// a process that was killed is gone or cut, a dead letter says which entries are missing.
///
/// **Errors**: of every call `storage_failed`, with words that name the file; `invalid_argument` in a child after fork(), whose parent
/// has the file, or had it. After an error the call did nothing, and the same call may work later, when there is room on the disk again. Only a process that ends, or a power that
/// goes, right behind a failed `append` may leave what that was about.
/// **Threads**: one at a time. **Memory**: some 4 MB, however much waits.
class AUDITOR_EXPORT sqlite_store {
 public:
  /// Opens the file, or makes it.
  ///
  /// **Errors**: `invalid_argument`: the path is empty, or this process was forked by one that had the file open, and that has ended. `busy`: a process has it, whose number the words say; the file is free as soon as that ends,
  /// however it does. `storage_failed`: the folder is not there, the file is a link, a folder, somebody else's, another program's, of a newer version, emptied, on a
  /// network file system, or broken.
  static result<sqlite_store> open(detail::borrowed_text path, const sqlite_store_options& options = {});

  /// The other has no file then.
  sqlite_store(sqlite_store&& other) noexcept;
  sqlite_store& operator=(sqlite_store&& other) noexcept;
  /// Brings the log into the file. In a child after fork() it leaves both alone.
  ~sqlite_store();

  /// As `queue_store` says.
  error append(std::span<const new_entry> entries);
  /// As `queue_store` says.
  error read(std::uint64_t after, std::size_t most, std::size_t most_bytes, std::vector<queue_entry>& to);
  /// As `queue_store` says.
  error settle(std::span<const std::uint64_t> numbers, timestamp hold_until);
  /// As `queue_store` says.
  error bury(std::span<const dead_letter> letters);
  /// As `queue_store` says.
  error dead_letters(std::uint64_t after, std::size_t most, std::vector<dead_letter>& to);
  /// As `queue_store` says.
  error revive(std::uint64_t number, timestamp now, bool& found);
  /// As `queue_store` says.
  error discard(std::uint64_t number, bool& found);
  /// Writes to the file what is in memory alone, as at `durability::none`.
  error flush();
  /// How much it holds.
  store_counts counts() const noexcept;
  /// The latest time that a `settle` gave.
  timestamp held_until() const noexcept;
  /// What it promises.
  durability level() const noexcept;

 private:
  explicit sqlite_store(std::unique_ptr<detail::sqlite_file> file) noexcept;
  bool is_usable() const noexcept;
  error usable() const noexcept;

  std::unique_ptr<detail::sqlite_file> file_;
};
static_assert(queue_store<sqlite_store>);

}  // namespace AUDITOR_ABI
}  // namespace auditor

// Inline in the compiled form too: only who includes this needs SQLite.
#include <auditor/impl/queue/sqlite_store.ipp>
