// Bodies of queue/record_ring.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/text_buffer.hpp>
#include <auditor/impl/json/record_writer.hpp>
#include <auditor/json/record_decoder.hpp>
#include <auditor/json/record_storage.hpp>
#include <auditor/model/validate.hpp>
#include <auditor/queue/record_ring.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

/// CRC-32, bit by bit: a table would be larger than the ring.
AUDITOR_DECL std::uint32_t ring_crc(std::string_view bytes) noexcept {
  std::uint32_t crc = ~0u;
  for (const char each : bytes) {
    crc ^= static_cast<unsigned char>(each);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xEDB88320u : 0u);
  }
  return ~crc;
}

// What stands before the JSON. Numbers go round: which of two is the older one, their difference says.
struct ring_head {
  std::uint32_t what_and_length, number, crc, crc_of_head;

  std::uint32_t expected() const noexcept {
    char bytes[12];
    std::memcpy(bytes, this, sizeof bytes);
    return ring_crc({bytes, sizeof bytes});
  }
};
inline constexpr std::uint32_t ring_unit = 32;  // the largest
inline constexpr std::string_view ring_failed = "the memory of the ring could not be read or written";

inline bool ring_before(std::uint32_t a, std::uint32_t b) noexcept { return static_cast<std::int32_t>(a - b) < 0; }

}  // namespace detail

// ---- opening ----------------------------------------------------------------------------------------------------------

AUDITOR_DECL record_ring::record_ring(const flash_pages& pages, std::span<char> room) : pages_(pages), room_(room) {
  if (const char* const words = measure(); words != nullptr) {
    problem_ = error(errc::invalid_argument, words);
    return;
  }
  open();
  if (storage_failed_ || !is_ready()) problem_ = error(errc::storage_failed, detail::ring_failed);
}

// What is wrong with the geometry, or null.
AUDITOR_DECL const char* record_ring::measure() noexcept {
  const std::uint32_t unit = pages_.unit, size = pages_.page_bytes;
  if (!pages_.read || !pages_.program || !pages_.erase) return "flash_pages: a function is missing";
  if (!std::has_single_bit(unit) || unit > detail::ring_unit) return "flash_pages::unit: must be 1, 2, 4, 8, 16 or 32";
  if (pages_.pages < 2) return "flash_pages::pages: must be 2 at least";
  mark_ = padded(4, unit);
  head_ = padded(sizeof(detail::ring_head), unit);
  // Lengths have 24 bits, addresses 32.
  if (size % head_ != 0 || size > 1u << 24 || size > ~0u / pages_.pages || room_behind(first_entry()) == 0)
    return "flash_pages::page_bytes: must be a multiple of 16 and of the unit, and hold a record";
  largest_ = static_cast<std::uint32_t>((std::min)(std::size_t{room_behind(first_entry())}, room_.size())) & ~(unit - 1);
  return largest_ != 0 ? nullptr : "the room of a record_ring: holds no record";
}

AUDITOR_DECL result<void> record_ring::add(const record_view& r) { return keep(kind::add, r); }

AUDITOR_DECL result<void> record_ring::update(const record_view& r) { return keep(kind::update, r); }

AUDITOR_DECL std::size_t record_ring::free_bytes() const noexcept {
  if (problem_) return 0;
  std::uint32_t pages = pages_.pages - 1;  // beside the one that is written to
  if (waiting_ != 0 && oldest_.page != end_.page)
    pages = (oldest_.page < end_.page ? pages_.pages : 0) + oldest_.page - end_.page - 1;
  return std::size_t{pages} * room_behind(first_entry()) + room_behind(end_.at);
}

// ---- opening ----------------------------------------------------------------------------------------------------------

AUDITOR_DECL void record_ring::open() {
  // Nothing written yet: as if the first page were full.
  end_ = {0, pages_.page_bytes, 1};
  std::uint32_t settled = 1;
  bool any = false, any_settled = false;
  entry e;
  const auto settled_before = [&](std::uint32_t number) {
    if (!any_settled || detail::ring_before(settled, number)) settled = number;
    any_settled = true;
  };
  for (std::uint32_t page = 0; page < pages_.pages; ++page) {
    bool first = true;
    for (std::uint32_t at = first_entry(); find(e, page, at); at = e.end) {
      // Not where the memory lost what was first. A head that a power cut left has nothing behind it.
      if (first && (at == e.at || is_erased(page, at + head_, head_)) && has_note(page)) settled_before(e.number);
      first = false;
      if (is_settled(e)) settled_before(e.number + 1);
      if (any && detail::ring_before(e.number, end_.number)) continue;
      any = true;
      end_ = {page, e.end, e.number + 1};
    }
  }
  // Behind the youngest page in the ring comes the oldest one.
  oldest_ = {after(end_.page), first_entry(), settled};
}

// False: the memory does not say where the next entry goes and how many wait.
AUDITOR_DECL bool record_ring::is_ready() {
  storage_failed_ = false;
  if (!in_doubt_) return true;
  find_end();
  entry e;
  std::uint32_t waiting = 0;
  seek(oldest_, e);
  for (place at = oldest_; seek(at, e); at = {e.page, e.end, e.number + 1}) ++waiting;
  if (storage_failed_) return false;
  waiting_ = waiting;
  in_doubt_ = false;
  return true;
}

// What a power cut or a failure left behind the last entry is stepped over, and a little more: what reads as erased may have been about to be programmed.
AUDITOR_DECL void record_ring::find_end() {
  place end = end_;
  entry e;
  // One that could not be read when it was written.
  while (find(e, end.page, end.at)) end = {end.page, e.end, e.number + 1};
  // Where a page begins a head was about to be programmed, or there would be one.
  std::uint32_t written = end.at == first_entry() ? end.at + head_ : end.at, run = 0, longest = 0;
  for (std::uint32_t at = end.at; at < pages_.page_bytes; at += head_) {
    run = is_erased(end.page, at, head_) ? 0 : run + 1;
    if (run != 0) written = at + head_;
    longest = (std::max)(longest, run);
  }
  end.at = written + head_;
  // Until a head is whole nothing is written behind it: this one was, once, and its number will be missed.
  if (longest > 1) ++end.number;
  if (!storage_failed_) end_ = end;
}

// The first complete entry from there on. Its number is not that of the place when the memory lost what was between.
// Nothing is stepped over that could not be read.
AUDITOR_DECL bool record_ring::seek(place& from, entry& next) {
  for (;;) {
    while (find(next, from.page, from.at)) {
      const bool settled = detail::ring_before(next.number, from.number);
      if (!settled && is_complete(next)) return true;
      if (storage_failed_) return false;
      if (next.number == from.number) ++from.number;  // was never accepted
      from.at = next.end;
    }
    if (storage_failed_ || from.page == end_.page) return false;
    from = {after(from.page), first_entry(), from.number};
  }
}

// ---- keeping ----------------------------------------------------------------------------------------------------------

AUDITOR_DECL result<void> record_ring::keep(kind what, const record_view& r) {
  if (problem_) return problem_;
  if (doing_ == doing::telling) return error(errc::busy, "the ring waits for its callback").of(r.record_id);
  const detail::purpose of = what == kind::add ? detail::purpose::add : detail::purpose::update;
  if (error why; !detail::is_valid(r, of, why)) return why;
  detail::text_buffer json(room_.first(largest_));
  detail::write_record(r, json);  // which a valid one never fails
  error e(errc::buffer_full);
  // What could not be delivered is not accepted.
  if (json.is_whole()) {
    record_storage lists(room_.subspan(json.size()));
    record_view again;
    e = decode_record(json.text(), lists, again);
  }
  if (!e) {
    if (is_ready() && write(what, static_cast<std::uint32_t>(json.size()))) return {};
    e = storage_failed_ ? error(errc::storage_failed, detail::ring_failed)
                        : error(errc::buffer_full, "the ring is full of records that wait: ").more(std::uint64_t{waiting_});
  } else {
    if (e.code == errc::buffer_full) {
      e = error(errc::record_too_large, "the ring has room for ").more(std::uint64_t{largest_});
      e.more(" bytes of a record, with its lists for ").more(std::uint64_t{room_.size()}).more("; this has ");
      e.more(std::uint64_t{json.size()});
    }
    e.outcome = outcome::rejected;
  }
  return e.of(r.record_id);
}

// The JSON stands in the room. An entry is there once its mark is set, and the mark is set once all else reads as it was written.
AUDITOR_DECL bool record_ring::write(kind what, std::uint32_t length) {
  if (room_behind(end_.at) < padded(length, pages_.unit) && !begin_page()) return false;
  const entry e{end_.page, end_.at, end_.number, length, 0, what, 0};
  detail::ring_head head{static_cast<std::uint32_t>(what) << 24 | length, end_.number,
                         detail::ring_crc({room_.data(), length}), 0};
  head.crc_of_head = head.expected();
  char unit[detail::ring_unit];
  std::memset(unit, 0xFF, sizeof unit);
  std::memcpy(unit, &head, sizeof head);
  const std::uint32_t whole = padded(length, pages_.unit);
  std::memset(room_.data() + length, 0xFF, whole - length);
  const bool written = program(e.page, e.at, {unit, head_}) && program(e.page, e.at + head_, room_.first(whole));
  // Whatever fails from here on: what came of it is looked for by the next call.
  in_doubt_ = true;
  entry seen;
  if (!find(seen, e.page, e.at) || seen.at != e.at) return storage_failed_ = true, false;
  end_ = {e.page, seen.end, e.number + 1};  // the number is taken, whatever becomes of the entry
  if (!written || !reads_as(e, {room_.data(), length}) || !set(e.page, marks_of(e))) return storage_failed_ = true, false;
  in_doubt_ = false;
  ++waiting_;
  return true;
}

// Goes on in the next page that the memory can erase. False: it is needed still.
AUDITOR_DECL bool record_ring::begin_page() {
  entry e;
  // What the memory lost has to be told first: nothing would show it afterwards.
  if ((seek(oldest_, e) ? e.number : end_.number) != oldest_.number || storage_failed_) return false;
  // The last one too, when it holds nothing but what failed.
  std::uint32_t page = end_.page;
  for (std::uint32_t left = pages_.pages; left != 0; --left, page = after(page)) {
    if (find(e, page, first_entry())) {
      if (page == end_.page) continue;
      if (waiting_ != 0 && page == oldest_.page) return false;
      if (!note_what_is_settled()) storage_failed_ = true;
    }
    if (storage_failed_) return false;
    if (pages_.erase(page)) {
      end_ = {page, first_entry(), end_.number};
      if (waiting_ == 0) oldest_ = end_;
      return true;
    }
    if (page == end_.page) end_.at = pages_.page_bytes;  // what is left of it may not be programmed
  }
  return storage_failed_ = true, false;
}

// Before a page is erased, another one says that all in it is settled: a torn erase may leave entries without their marks.
AUDITOR_DECL bool record_ring::note_what_is_settled() {
  entry e;
  const std::uint32_t page = oldest_.page;
  if (has_note(page)) return true;
  bool any = false;
  for (std::uint32_t at = first_entry(); find(e, page, at); at = e.end) {
    if (is_settled(e)) return true;
    any = true;
  }
  for (std::uint32_t at = 0; any && at < first_entry(); at += mark_)
    if (set(page, at)) return true;
  return false;
}

AUDITOR_DECL bool record_ring::has_note(std::uint32_t page) {
  for (std::uint32_t at = 0; at < first_entry(); at += mark_)
    if (is_set(page, at)) return true;
  return false;
}

// ---- delivering -------------------------------------------------------------------------------------------------------

AUDITOR_DECL ring_delivery record_ring::deliver_by(const send_function& send, const refused_callback& refused) {
  ring_delivery done;
  done.stopped = problem_;
  if (doing_ != doing::nothing) done.stopped = error(errc::busy, "the ring is being delivered");
  entry e;
  while (!done.stopped) {
    const bool waits = is_ready() && seek(oldest_, e);
    const std::uint32_t number = waits ? e.number : end_.number;
    if (storage_failed_) {
      done.stopped = error(errc::storage_failed, detail::ring_failed);
    } else if (oldest_.number != number) {
      error lost(errc::storage_failed, "entries that the memory of the ring lost: ");
      lost.more(std::uint64_t{number - oldest_.number});
      if (tell(refused, {}, lost)) {
        oldest_.number = number;
        in_doubt_ = true;  // they may have been counted
      } else {
        done.stopped = lost;
      }
    } else if (waits) {
      done.stopped = deliver_one(e, send, refused, done);
    } else {
      break;
    }
  }
  done.waiting = waiting_;
  return done;
}

AUDITOR_DECL error record_ring::deliver_one(const entry& e, const send_function& send, const refused_callback& refused,
                                            ring_delivery& done) {
  if (e.length > room_.size())
    return error(errc::buffer_full, "the room of the ring is smaller than a record that waits: ")
        .more(std::uint64_t{e.length});
  const std::span<char> text = room_.first(e.length);
  const refused_entry shown{{text.data(), text.size()}, e.what == kind::update};
  if (!read(e.page, e.at + head_, text)) return error(errc::storage_failed, detail::ring_failed);
  error why;
  if (detail::ring_crc(shown.json) != e.crc) {
    why = error(errc::storage_failed, "the memory of the ring changed this entry");
  } else {
    record_storage lists(room_.subspan(e.length));
    record_view record;
    if (why = decode_record(shown.json, lists, record); !why) {
      // While it is sent more may be added: the room is the ring's again once the request is written.
      const during now(doing_, doing::sending);
      why = send(record, shown.is_update);
      if (why.code == errc::buffer_full) why.more(" in the workspace of the client");
      if (why && !refused_for_ever(why)) return why;
      if (why && !read(e.page, e.at + head_, text)) return error(errc::storage_failed, detail::ring_failed);
    } else if (why.code == errc::buffer_full) {
      return why;  // it was accepted with a larger room
    }
  }
  if (!why) {
    ++done.delivered;
  } else if (tell(refused, shown, why)) {
    ++done.refused;
  } else {
    return why;
  }
  return settle(e);
}

// The server's last word. A `record_exists` is none: what the server has could not be compared just now.
AUDITOR_DECL bool record_ring::refused_for_ever(const error& why) noexcept {
  return why.outcome == outcome::rejected || why.code == errc::conflict || why.code == errc::record_not_found;
}

AUDITOR_DECL bool record_ring::tell(const refused_callback& refused, const refused_entry& shown, const error& why) {
  const during now(doing_, doing::telling);
  return refused && refused(shown, why);
}

AUDITOR_DECL error record_ring::settle(const entry& e) {
  if (waiting_ != 0) --waiting_;
  oldest_ = {e.page, e.end, e.number + 1};
  const std::uint32_t mark = marks_of(e) + mark_;
  // One that a power cut left undone is not touched again: that of the next entry says it of both.
  storage_failed_ = false;
  if (is_erased(e.page, mark, mark_) ? set(e.page, mark) : !storage_failed_) return {};
  return error(errc::storage_failed, detail::ring_failed);
}

// ---- the memory -------------------------------------------------------------------------------------------------------

// The first head in the page from there on. Heads are made so that nothing else looks like one.
AUDITOR_DECL bool record_ring::find(entry& e, std::uint32_t page, std::uint32_t from) {
  for (std::uint32_t at = from; room_behind(at) != 0; at += head_) {
    detail::ring_head head;
    char bytes[sizeof head];
    if (!read(page, at, bytes)) return false;
    std::memcpy(&head, bytes, sizeof head);
    const auto what = static_cast<kind>(head.what_and_length >> 24);
    const std::uint32_t length = head.what_and_length & 0xFF'FFFFu;
    if ((what != kind::add && what != kind::update) || length > room_behind(at) || head.crc_of_head != head.expected())
      continue;
    e = {page, at, head.number, length, head.crc, what, 0};
    e.end = end_of(e);
    return true;
  }
  return false;
}

AUDITOR_DECL bool record_ring::read(std::uint32_t page, std::uint32_t at, std::span<char> to) {
  if (pages_.read(page * pages_.page_bytes + at, to)) return true;
  storage_failed_ = true;
  return false;
}

AUDITOR_DECL bool record_ring::program(std::uint32_t page, std::uint32_t at, std::span<const char> from) {
  return pages_.program(page * pages_.page_bytes + at, from);
}

AUDITOR_DECL bool record_ring::reads_as(const entry& e, std::string_view json) {
  char bytes[detail::ring_unit];
  for (std::uint32_t at = 0; at < json.size(); at += sizeof bytes) {
    const std::size_t size = (std::min<std::size_t>)(sizeof bytes, json.size() - at);
    if (!read(e.page, e.at + head_ + at, {bytes, size}) || std::memcmp(bytes, json.data() + at, size) != 0) return false;
  }
  return true;
}

AUDITOR_DECL std::uint32_t record_ring::zeros(std::uint32_t page, std::uint32_t at, std::uint32_t size) {
  char bytes[detail::ring_unit];
  if (!read(page, at, {bytes, size})) return 1;  // neither erased nor set
  std::uint32_t n = 0;
  for (std::uint32_t i = 0; i < size; ++i)
    n += static_cast<std::uint32_t>(std::popcount(static_cast<unsigned char>(~bytes[i])));
  return n;
}

AUDITOR_DECL bool record_ring::set(std::uint32_t page, std::uint32_t at) {
  static constexpr char nothing[detail::ring_unit]{};
  return is_erased(page, at, mark_) && program(page, at, {nothing, mark_}) && is_set(page, at);
}

}  // namespace AUDITOR_ABI
}  // namespace auditor
