// Whether a stream in the order of ids is whole: the id that comes last has gone by (protocol, section 7, 1 to 3 and 6).
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/text_buffer.hpp>
#include <auditor/operation/read/id_hash.hpp>
#include <auditor/operation/read/read_step.hpp>
#include <auditor/operation/read/record_count.hpp>

#include <cstdint>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

/// The server sends 200 before it runs the query and ends a broken answer cleanly (fact 4), so that only its content can
/// prove it complete. The order of ids is total, and the database sends a prefix of it or all: once the id that comes last
/// has gone by, everything has. Ids are compared by equality alone: their order is the database's.
///
/// A stream that was cut is asked for anew, and skipped up to the record that was seen last: nothing is seen twice.
class last_id_proof {
 public:
  /// In a workspace two of its sixteenths are for the two ids that are kept.
  explicit last_id_proof(memory& in);

  using next = read_step;
  enum class place : std::uint8_t { seen_before, new_one, impossible };

  /// As if new: for another proof.
  void restart() noexcept;

  /// The question for the last id was answered.
  next last_id_came(std::string_view id);

  /// A stream begins, from its first record.
  void begin_stream() noexcept;
  place came(std::string_view id, id_hash hash);
  next stream_ended() noexcept;

  /// Was there room for the ids that came? Otherwise nothing is proven.
  bool has_room() const noexcept { return last_.is_whole() && seen_.is_whole(); }

  /// What is yet to come, if anything, was stored meanwhile.
  bool is_reached() const noexcept { return reached_; }

 private:
  bool asked_again_ = false, reached_ = false, passed_ = false, skipping_ = false;
  record_count new_ = 0;
  text_buffer last_;   // what comes last, by the server's word
  text_buffer seen_;   // how far the stream got
  id_hash milestone_;  // the last one whose number is a power of two
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_BODIES
#include <auditor/impl/operation/read/last_id_proof.ipp>
#endif
