// One answer to GET /records as its bytes come: its records, one after the other, and what no Auditor would send.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/error.hpp>
#include <auditor/json/record_reader.hpp>
#include <auditor/model/record_view.hpp>
#include <auditor/operation/operation.hpp>
#include <auditor/operation/read/id_hash.hpp>
#include <auditor/operation/read/record_count.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

/// Ids are unique, so that one met twice means that somebody else speaks, or that the answer was put together wrongly: who
/// believed it would count a record twice. Noticed in constant memory: the one before, the first one, and the one at the
/// last power of two, which finds any sequence that goes round in circles; of each its hash.
class answer {
 public:
  enum class status : std::uint8_t {
    more,       // needs more bytes, or its end
    item,       // `view()` is the next record
    too_large,  // a record that is skipped: `view()` has its id, the problem says why
    failed,     // the problem says why
    foreign,    // as `failed`, before the first record
  };

  /// **Lifetime**: of the memory, longer than this; of a workspace it has what is left, from `prepare()` to `restart()`.
  /// Of `problem` too, which is where this writes what is wrong.
  answer(memory& in, std::size_t max_record, error& problem) : problem_(problem), reader_(in, max_record) {}

  /// Forgets everything, for an answer that may have so many records.
  void restart(record_count most = any_number);

  /// **Lifetime**: of the fields, longer than this.
  void show_only(const wanted_fields& wanted) noexcept { reader_.show_only(wanted); }

  std::span<char> prepare();
  void commit(std::size_t n) noexcept;

  status next();

  const record_view& view() const noexcept;
  std::string_view text() const noexcept;
  /// The server cannot read it, or it is too large for us.
  bool unreadable() const noexcept;
  bool is_too_large() const noexcept { return skips_; }
  record_count records() const noexcept;
  bool came() const noexcept;
  /// Of the id of the record at hand.
  id_hash hash() const noexcept { return before_; }

  /// After its end: did it end behind a record, and not inside one?
  bool is_whole();

  /// Says that the record at hand cannot be.
  status impossible(const char* why);

 private:
  status came(std::string_view id);
  status malformed();

  record_count most_ = any_number;
  record_count records_ = 0;  // the one at hand, too
  id_hash first_, before_, milestone_;
  bool skips_ = false, has_failed_ = false;
  error& problem_;
  record_reader reader_;
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_BODIES
#include <auditor/impl/operation/read/answer.ipp>
#endif
