// What a queue keeps to, what it tells, and what it counts.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/callback.hpp>
#include <auditor/base/error.hpp>
#include <auditor/http/call.hpp>
#include <auditor/operation/on_duplicate.hpp>
#include <auditor/queue/store.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {

/// Something that a queue wants its owner to know.
struct AUDITOR_EXPORT queue_event {
  /// What it is about.
  enum class type : std::uint8_t {
    delivered,  ///< `entries` are on the server now
    dead,       ///< `why` names the record: it became a dead letter
    failed,     ///< a delivery failed, and is tried again in `wait`
    paused,  ///< the server, or whoever answers in its place, lets nothing of this kind in: asked again in `wait`, or on `resume()`
    resumed,      ///< it goes on
    store_failed  ///< the store could not be read or written: what was delivered may be sent once more
  };
  type what{};                ///< which of them
  entry_kind kind{};          ///< of the entries; adds and updates go on, fail and pause on their own
  std::uint64_t entries = 0;  ///< how many
  error why;                  ///< code ok where nothing is wrong
  ticks wait{};               ///< until the next attempt
  std::uint64_t number = 0;   ///< of the dead letter
};

/// How it is called: "delivered".
constexpr std::string_view to_string(queue_event::type what) noexcept {
  switch (what) {
    case queue_event::type::delivered: return "delivered";
    case queue_event::type::dead: return "dead";
    case queue_event::type::failed: return "failed";
    case queue_event::type::paused: return "paused";
    case queue_event::type::resumed: return "resumed";
    case queue_event::type::store_failed: return "store_failed";
  }
  return "?";
}

/// Hears what a queue does, once its metrics and its store say so too. It may call the queue, but for `flush` and `close`. What it throws ends the
/// program. **Threads**: one of the queue's, one call at a time, under no lock.
using queue_observer = callback<void(const queue_event&)>;

/// What a `queued_client` keeps to.
struct AUDITOR_EXPORT queue_options {
  std::uint64_t max_entries = 1'000'000;  ///< that wait; more are `buffer_full`, and nothing that waits gives way
  std::uint64_t max_bytes = std::uint64_t{1} << 30;  ///< of their JSON
  std::uint64_t max_dead_bytes = std::uint64_t{1}
                                 << 26;  ///< of dead letters; when they are more, what would become one waits instead
  std::size_t window = 2'000;            ///< entries that travel at once; as many more are read ahead
  std::size_t window_bytes = std::size_t{4} << 20;  ///< of their JSON
  std::size_t in_flight =
      4;  ///< requests that share them, at once, where the client sends more than one, as that of `build_queued` does
  /// What an id means that the server knows: `update` or `compare`, for roles that may read; `ignore` takes it for ours unseen.
  on_duplicate duplicates = on_duplicate::update;
  ticks interval{0};           ///< the shortest time between two deliveries: what comes meanwhile travels together
  ticks first_wait{1'000};     ///< behind a delivery that failed, drawn at random up to this; twice as long behind the next
  ticks longest_wait{60'000};  ///< and never longer
  ticks probe{300'000};        ///< how often a paused queue asks again
  ticks unknown_record{86'400'000};  ///< how long an update waits for a record that the server does not have
  ticks suspicion{
      3'600'000};  ///< how long, and five times, a record fails alone while others are stored, before it is a dead letter
  /// The longest that the server may still be at work on a request whose answer was lost: so long another stop time of the same record
  /// waits.
  ticks late_update{60'000};
  queue_observer observer{};  ///< hears what it does
};

/// A queue in numbers, at one moment.
struct AUDITOR_EXPORT queue_metrics {
  std::uint64_t waiting = 0;        ///< entries that wait
  std::uint64_t waiting_bytes = 0;  ///< of their JSON
  std::uint64_t dead = 0;           ///< dead letters
  std::uint64_t dead_bytes = 0;     ///< of their JSON
  std::uint64_t accepted = 0;       ///< entries, since the queue was opened
  std::uint64_t delivered = 0;      ///< entries, since the queue was opened
  std::uint64_t buried = 0;         ///< entries that became dead letters, since the queue was opened
  std::chrono::microseconds
      oldest{};                 ///< the age of the oldest entry that is known to wait, by the wall clock; 0: none waits
  bool adds_paused = false;     ///< see `queue_event::paused`
  bool updates_paused = false;  ///< see `queue_event::paused`
  durability level{};           ///< of the store
  error last;                   ///< what last went wrong, if nothing was delivered since
};

/// Says which setting makes no sense. **Errors**: `invalid_argument`, naming it.
error check(const queue_options& all) noexcept;

namespace detail {

// What no clock goes beyond.
inline ticks in_reach(ticks length) noexcept {
  return (std::clamp)(length, ticks(0), ticks(std::chrono::hours(24 * 3650)));
}
queue_options in_reach(queue_options all) noexcept;

}  // namespace detail

}  // namespace AUDITOR_ABI
}  // namespace auditor
