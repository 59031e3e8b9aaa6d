// What a read does next, as its proofs say it.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/config.hpp>

#include <cstdint>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

/// Each proof says some of them. First those that ask something which belongs to the question before.
enum class read_step : std::uint8_t {
  // of last_id_proof
  ask_last_id,   // again: the stream ended before it, or it was deleted
  stream,        // all, in the order of ids
  proven,        // everything has gone by
  cut,           // the last id is still there, and the stream did not come so far
  cannot_tell,   // nothing came of a range, and the row next to it is too large to be read
  cannot_go_on,  // the record at which the stream stopped was deleted meanwhile
  // of range_proof
  something,      // is in the range
  nothing,        // is in the range
  ask_first,      // for the first id too: its row may be nearer
  ask_neighbour,  // the row nearest to the range
  // of nothing_proof
  ask_again,        // the question itself
  ask_control,      // for any row of the table
  ask_health,       // whether the database works: not even the control brought a row
  ask_later,        // the same once more, after a wait: this answer says nothing, and takes nothing back
  nothing_matches,  // believe it
  table_is_empty,   // ... of everything
  // of several
  start_over,  // what came cannot be true, or contradicts the evidence: after a wait, from the beginning
  // of the read itself
  ask_any_match,  // a plain scan
  cut_inside,     // the answer ended inside a record
  complete,       // what came is its own proof
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
