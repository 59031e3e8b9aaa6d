// What a durable queue keeps its entries in: the entries, the letters that cannot be delivered, and what a store does with both.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/error.hpp>
#include <auditor/base/timestamp.hpp>
#include <auditor/config.hpp>
#include <auditor/queue/bodies.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace auditor {
inline namespace AUDITOR_ABI {

/// What an entry asks of the server. The numbers are those of the stored form.
enum class entry_kind : std::uint8_t {
  add = 1,     ///< to store a record
  update = 2,  ///< to set the stop time of one
};

/// What a store promises of an entry once `append` has returned.
enum class durability : std::uint8_t {
  power_loss,     ///< it survives the loss of power: it was written through to the disk
  process_crash,  ///< it survives the end of the process, however that comes; the last ones may be lost with the power
  none,           ///< it is gone with the process, unless that ends in order
};

/// An entry on its way into a store.
struct AUDITOR_EXPORT new_entry {
  entry_kind kind = entry_kind::add;  ///< what it asks
  timestamp accepted{};               ///< by the wall clock
  std::string_view json;              ///< the record, as it goes over the wire
};

/// An entry of a store.
struct AUDITOR_EXPORT queue_entry {
  /// In the order of acceptance, from 1. No two entries ever have the same, but for those that `durability::none` lost.
  std::uint64_t number = 0;
  entry_kind kind = entry_kind::add;  ///< what it asks
  timestamp accepted{};               ///< by the wall clock
  std::string json;                   ///< the record, as it goes over the wire
};

/// An entry that will not be delivered as it is, and why.
struct AUDITOR_EXPORT dead_letter {
  queue_entry entry;         ///< what was to be delivered
  timestamp died{};          ///< by the wall clock
  errc code{};               ///< `conflict`, `invalid_record`, `record_not_found` ...
  std::uint16_t status = 0;  ///< of the server's answer; 0: there was none
  std::string words;         ///< the server's, or ours
};

/// How much a store holds.
struct AUDITOR_EXPORT store_counts {
  std::uint64_t waiting = 0;        ///< entries that wait to be delivered
  std::uint64_t waiting_bytes = 0;  ///< of their JSON
  std::uint64_t dead = 0;           ///< dead letters
  std::uint64_t dead_bytes = 0;     ///< of their JSON
  std::uint64_t last_number = 0;    ///< of the entry that was accepted last; 0: there was none
};

/// Where a `queued_client` keeps its entries. `memory_store` is one, and `sqlite_store`, the durable one.
///
/// - `append`: all of the entries or none, numbered one after the other; they are as safe as the store promises once it returns;
/// - `read`: the entries that wait and have a higher number, oldest first: at least one, if there is any, and then no more than so many and so many
///   bytes of JSON. What `to` has goes, and its memory may be used. What cannot be read any more is an entry with the JSON that is left of it, and never left out;
/// - `settle`: these are delivered, and gone. `hold_until`: remembered for `held_until`;
/// - `bury`: these entries become dead letters, with the time and the reason. They are gone from those that wait;
/// - `dead_letters`: as `read`; `revive` appends a dead letter as a new entry, with a new number, and drops the letter; `discard` drops it.
///   False: there is no dead letter of this number;
/// - `counts`: does not look through the entries;
/// - `held_until`: the latest time that a `settle` gave.
///
/// One that keeps entries in memory for a while may have `error flush()` as well, which writes them: `queued_client::close` calls it.
///
/// **Errors**: `storage_failed`, with words that name the file, and then nothing of the call was done; the next call may work again. What `append`
/// throws is that too, and what the others throw ends the program where a thread of the queue calls them.
/// **Threads**: one at a time; the queue sees to that. **Memory**: bounded, however many entries wait - but in a store that is memory.
template <class Store>
concept queue_store =
    requires(Store& store, const Store& same, std::span<const new_entry> entries, std::span<const std::uint64_t> numbers,
             std::span<const dead_letter> letters, std::vector<queue_entry>& to, std::vector<dead_letter>& dead,
             std::uint64_t number, std::size_t most, timestamp time, bool& found) {
      { store.append(entries) } -> std::same_as<error>;
      { store.read(number, most, most, to) } -> std::same_as<error>;
      { store.settle(numbers, time) } -> std::same_as<error>;
      { store.bury(letters) } -> std::same_as<error>;
      { store.dead_letters(number, most, dead) } -> std::same_as<error>;
      { store.revive(number, time, found) } -> std::same_as<error>;
      { store.discard(number, found) } -> std::same_as<error>;
      { same.counts() } -> std::same_as<store_counts>;
      { same.held_until() } -> std::same_as<timestamp>;
      { same.level() } -> std::same_as<durability>;
    };

namespace detail {

// Whether there is a dead letter of this number, or that cannot be told.
template <class Store>
bool has_letter(Store& in, std::uint64_t number) {
  std::vector<dead_letter> found;
  const error e = in.dead_letters(number - 1, 1, found);
  return e || (!found.empty() && found[0].entry.number == number);
}

}  // namespace detail

/// How a durability is called: "power_loss".
constexpr std::string_view to_string(durability level) noexcept {
  switch (level) {
    case durability::power_loss: return "power_loss";
    case durability::process_crash: return "process_crash";
    case durability::none: return "none";
  }
  return "?";
}

/// How a kind of entry is called: "add".
constexpr std::string_view to_string(entry_kind kind) noexcept {
  switch (kind) {
    case entry_kind::add: return "add";
    case entry_kind::update: return "update";
  }
  return "?";
}

/// A dead letter as one line of JSON, without the end of the line. What is no JSON any more, or no record, is a string in `record`.
std::string json_line(const dead_letter& of);

}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_QUEUE_BODIES
#include <auditor/impl/queue/store.ipp>
#endif
