// Keeps the records of a device in a ring of fixed memory while the line is down, and delivers them in order when it is back.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/callback.hpp>
#include <auditor/base/error.hpp>
#include <auditor/base/result.hpp>
#include <auditor/model/record_view.hpp>
#include <auditor/operation/options.hpp>
#include <auditor/queue/bodies.hpp>
#include <auditor/queue/flash_pages.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {

/// What a ring cannot deliver. **Lifetime**: of the call that is told of it.
struct AUDITOR_EXPORT refused_entry {
  std::string_view
      json;  ///< the record as it was to be sent; what is left of it, or nothing, where the memory did not keep it
  bool is_update = false;  ///< it was to set the stop time of a stored record
};

/// Told of an entry that the server refuses for ever, or that does not read back as it was written, and why; the error names the record.
/// True: it is taken care of - logged, kept elsewhere -, and leaves the ring. False: it stays, and the delivery stops at it.
/// It may not call the ring.
using refused_callback = callback<bool(const refused_entry& entry, const error& why)>;

/// What `record_ring::deliver` did.
struct AUDITOR_EXPORT ring_delivery {
  std::size_t delivered = 0;  ///< entries that the server has now
  std::size_t refused = 0;    ///< entries that left the ring because `refused` took care of them
  std::size_t waiting = 0;    ///< entries that are left
  error stopped;              ///< why it stopped before the end

  /// Whether nothing was left to do.
  explicit operator bool() const noexcept { return !stopped; }
};

/// First in, first out. What `add` and `update` accept is in the memory before they return, survives a reset at any moment, and stays until the server
/// has it. What they had not accepted when the power went, or when the memory failed, may be there or not; adding it again does no harm.
///
/// ```cpp
/// static char room[1024];                     // of the longest record and its lists
/// auditor::record_ring ring(pages, room);     // finds what a reset left
/// if (const auto kept = ring.add(reading); !kept) complain(kept.error());
/// const auditor::ring_delivery done = ring.deliver(client, [](const auditor::refused_entry& entry, const auditor::error& why) {
///   return log(entry.json, why);              // true: written down, it may go
/// });
/// if (!done) try_again_later(done.stopped);
/// ```
/// **Memory**: no heap of its own. **Threads**: one at a time; `add` and `update` may be called from within `deliver`, by a transport or an executor
/// that waits. **Lifetime**: the room, and what the functions of the pages refer to, outlive it.
class AUDITOR_EXPORT record_ring {
 public:
  /// Looks through the pages for what is there, and writes nothing. One ring at a time has them.
  ///
  /// `room` holds one record, of `add` and of `deliver`: its JSON, and behind it the lists of its names and values, which want about as much again. The pages are those that the last ring had: with another size, number or unit of them what waits
  /// there may be lost.
  /// **Errors**: `problem()`, and every call, say what is wrong with the pages.
  record_ring(const flash_pages& pages, std::span<char> room);
  record_ring(const record_ring&) = delete;
  record_ring& operator=(const record_ring&) = delete;

  /// `invalid_argument`: the geometry makes no sense, a function is missing, the room is none; `storage_failed`: the pages could not be read when the ring
  /// was made; another one may be luckier. Or nothing.
  const error& problem() const noexcept { return problem_; }

  /// Keeps a record, to be added on the server by `deliver`.
  /// **Errors**: `invalid_record`, as of `client::add`; `record_too_large` for more than `largest_record()`; `buffer_full` when the ring is full: nothing
  /// that was accepted is given up; `storage_failed`; `busy` within a `refused` callback. After an error the record is not kept, but for `storage_failed` where the memory failed in the
  /// last step, as it was told that the record is complete: then it may be, the next call looks, and adding it again does no harm.
  result<void> add(const record_view& r);

  /// Keeps the stop time of a record that is stored, or waits here, to be set on the server by `deliver`: always behind what waits of that record.
  /// **Errors**: those of `add`; `invalid_record` without a stop time.
  result<void> update(const record_view& r);

  /// Sends what waits, the oldest first, by `client.add` and `client.update`, of a blocking client, and stops at the first that may work later.
  ///
  /// The answer to an earlier delivery may have been lost in a reset, so records are compared with what the server has: an equal one is delivered, an open one
  /// that is equal in all else gets the stop time (`on_duplicate::update`). That needs a role that may read.
  /// The server's `rejected`, `conflict`, and `record_not_found` for an update are for ever: `refused` hears of them. Without such a callback (`nullptr`) the
  /// delivery stops there. `call` is of each request by itself.
  /// **Errors**: in `ring_delivery::stopped`: those of `client::add` and `client::update`; `storage_failed`, when the record was sent, is delivered, and may be sent once
  /// more after a reset; `busy` from within another `deliver`. `buffer_full`, and `record_exists` with words about the workspace: that of the client is too small for the
  /// record, or for a look at the one that is stored (docs/store-and-forward.md); the entry stays, and the delivery stops at it until the program gives it more.
  template <class Client>
  ring_delivery deliver(Client& client, const refused_callback& refused, const call_options& call = {}) {
    static_assert(std::same_as<decltype(client.update(record_view(), call)), result<void>>,
                  "record_ring::deliver takes a blocking client: one with a blocking executor");
    return deliver_by(
        [&client, &call](const record_view& r, bool is_update) -> error {
          if (is_update) return error_of(client.update(r, call));
          return error_of(client.add(r, {call.timeout, call.cancel, on_duplicate::update}));
        },
        refused);
  }

  /// Entries that wait to be delivered; what a failed `add` left in doubt counts from the next call on.
  std::size_t waiting() const noexcept { return waiting_; }
  /// About how much JSON would still be accepted: pages have ends at which a record does not fit. **Units**: bytes.
  std::size_t free_bytes() const noexcept;
  /// The longest record that fits, as JSON (`encoded_size`), if its lists do. **Units**: bytes.
  std::size_t largest_record() const noexcept { return largest_; }

 private:
  // How a page looks: notes, each `mark_` bytes, then entries. An entry is a head, the JSON, a mark "complete" and a mark "settled". A mark is set
  // when two of its bits are 0: one that fails sets none, and what a power cut leaves of one is seldom neither set nor erased; for notes there are others.
  //
  // Entries are numbered one by one. A set "settled" says it of all entries up to this one; a set note, of all entries before those of its page. So no
  // page is needed to know what another one says, and what a torn erase leaves of settled entries is known to be settled.
  enum class kind : std::uint8_t { add = 0x51, update = 0x52 };
  struct entry {
    std::uint32_t page, at;  // of the head, in its page
    std::uint32_t number, length, crc;
    kind what;
    std::uint32_t end;  // of the entry, in its page
  };
  enum class doing : std::uint8_t { nothing, sending, telling };
  // Until the end of a block, however it is left.
  struct during {
    during(doing& now, doing what) noexcept : now_(now) { now = what; }
    during(const during&) = delete;
    during& operator=(const during&) = delete;
    ~during() { now_ = doing::nothing; }
    doing& now_;
  };
  using send_function = callback<error(const record_view& r, bool is_update)>;

  template <class Result>
  static error error_of(const Result& got) {
    return got ? error() : got.error();
  }
  // A position in the order of the entries: those before `number` are behind it.
  struct place {
    std::uint32_t page, at, number;
  };

  ring_delivery deliver_by(const send_function& send, const refused_callback& refused);
  error deliver_one(const entry& e, const send_function& send, const refused_callback& refused, ring_delivery& done);
  static bool refused_for_ever(const error& why) noexcept;
  bool tell(const refused_callback& refused, const refused_entry& shown, const error& why);
  error settle(const entry& e);

  result<void> keep(kind what, const record_view& r);
  bool write(kind what, std::uint32_t length);
  bool begin_page();
  bool note_what_is_settled();
  bool has_note(std::uint32_t page);

  const char* measure() noexcept;
  void open();
  bool is_ready();
  void find_end();
  bool seek(place& from, entry& next);

  bool find(entry& e, std::uint32_t page, std::uint32_t from);
  bool is_complete(const entry& e) { return is_set(e.page, marks_of(e)); }
  bool is_settled(const entry& e) { return is_set(e.page, marks_of(e) + mark_); }
  std::uint32_t marks_of(const entry& e) const noexcept { return e.at + head_ + padded(e.length, pages_.unit); }
  std::uint32_t end_of(const entry& e) const noexcept { return padded(marks_of(e) + 2 * mark_, head_); }
  std::uint32_t room_behind(std::uint32_t at) const noexcept {
    const std::uint32_t taken = at + head_ + 2 * mark_;
    return taken < pages_.page_bytes ? pages_.page_bytes - taken : 0;
  }
  std::uint32_t first_entry() const noexcept { return padded(3 * mark_, head_); }
  std::uint32_t after(std::uint32_t page) const noexcept { return page + 1 == pages_.pages ? 0 : page + 1; }
  static std::uint32_t padded(std::uint32_t n, std::uint32_t to) noexcept { return (n + to - 1) & ~(to - 1); }

  bool read(std::uint32_t page, std::uint32_t at, std::span<char> to);
  bool program(std::uint32_t page, std::uint32_t at, std::span<const char> from);
  bool reads_as(const entry& e, std::string_view json);
  std::uint32_t zeros(std::uint32_t page, std::uint32_t at, std::uint32_t size);
  bool is_erased(std::uint32_t page, std::uint32_t at, std::uint32_t size) { return zeros(page, at, size) == 0; }
  bool is_set(std::uint32_t page, std::uint32_t at) { return zeros(page, at, mark_) > 1; }
  bool set(std::uint32_t page, std::uint32_t at);

  flash_pages pages_;
  std::span<char> room_;
  std::uint32_t mark_ = 0, head_ = 0, largest_ = 0;  // bytes
  place end_{};                                      // of the next entry
  place oldest_{};                                   // all before it is settled
  std::uint32_t waiting_ = 0;
  doing doing_ = doing::nothing;
  bool storage_failed_ = false;  // since the call began
  bool in_doubt_ = true;         // what is behind the end, and how many wait
  error problem_;
};

}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_QUEUE_BODIES
#include <auditor/impl/queue/record_ring.ipp>
#endif
