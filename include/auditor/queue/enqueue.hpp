// From a record to an entry of a store: for a program that only puts records into it and ends, while another one delivers.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/memory.hpp>
#include <auditor/base/result.hpp>
#include <auditor/base/text_buffer.hpp>
#include <auditor/json/record_codec.hpp>
#include <auditor/json/record_encoder.hpp>
#include <auditor/model/record_view.hpp>
#include <auditor/model/validate.hpp>
#include <auditor/operation/add.hpp>
#include <auditor/queue/store.hpp>

#include <time.h>

#include <chrono>
#include <cstddef>
#include <span>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

inline timestamp wall_clock() { return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now()); }

// The same in steps of the system's tick, some milliseconds, for a fifth of the time.
inline timestamp coarse_wall_clock() {
#ifdef CLOCK_REALTIME_COARSE
  timespec is{};
  if (clock_gettime(CLOCK_REALTIME_COARSE, &is) == 0)
    return std::chrono::floor<std::chrono::microseconds>(timestamp(std::chrono::seconds(is.tv_sec)) +
                                                         std::chrono::nanoseconds(is.tv_nsec));
#endif
  return wall_clock();
}

inline bool is_valid_entry(entry_kind kind, const record_view& r, error& why) {
  return is_valid(r, kind == entry_kind::add ? purpose::add : purpose::update, why);
}

// Appends what goes over the wire, or says why this record can never be delivered.
inline error json_of_entry(entry_kind kind, const record_view& r, text_buffer& json) {
  const std::size_t before = json.size();
  error e;
  if (is_valid_entry(kind, r, e)) {
    encode_into_body(r, json, e);
    if (!e && json.size() - before > largest_body) too_large(json.size() - before, e);
  }
  if (!e) return e;
  e.outcome = outcome::rejected;
  return e.of(r.record_id);
}

// The same in `room`, or where that does not do in `more`.
inline error json_of_entry(entry_kind kind, const record_view& r, std::span<char> room, text_buffer& more,
                           std::string_view& json) {
  error e;
  std::size_t size = 0;
  if (!is_valid_entry(kind, r, e)) return e;
  if (const error short_of_room = encode_record(r, room, size)) {
    e = json_of_entry(kind, r, more);
    json = more.text();
  } else {
    json = {room.data(), size};
  }
  return e;
}

}  // namespace detail

/// Puts one record, or one stop time, into a store that no queue has open, and returns once it is as safe as the store promises.
///
/// ```cpp
/// auto store = auditor::sqlite_store::open("/var/spool/auditor/node17");
/// if (store) enqueue(*store, auditor::entry_kind::update, job.with_stop_time(now));
/// ```
/// **Errors**: `invalid_record`, `record_too_large`, as of `queued_client::add`; `storage_failed`. After an error it is not in the store.
template <queue_store Store>
result<void> enqueue(Store& store, entry_kind kind, const record_view& r) {
  detail::text_buffer json(detail::memory::heap());
  if (const error e = detail::json_of_entry(kind, r, json)) return e;
  const new_entry one{kind, detail::wall_clock(), json.text()};
  if (error e = store.append({&one, 1})) return e.of(r.record_id);
  return {};
}

}  // namespace AUDITOR_ABI
}  // namespace auditor
