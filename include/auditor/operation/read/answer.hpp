// One answer to GET /records as its bytes come: its records, one after the other, and what no Auditor would send.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/error.hpp>
#include <auditor/json/record_reader.hpp>
#include <auditor/model/record_view.hpp>
#include <auditor/operation/operation.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

/// Ids are unique, so that one met twice means that somebody else speaks, or that the answer was put together wrongly: who
/// believed it would count a record twice. Noticed in constant memory: the one before, the first one, and the one at the
/// last power of two, which finds any sequence that goes round in circles.
class answer {
 public:
  static constexpr std::uint64_t no_limit = (std::numeric_limits<std::uint64_t>::max)();

  enum class status : std::uint8_t {
    more,     // needs more bytes, or its end
    item,     // `view()` is the next record
    failed,   // `problem()` says why
    foreign,  // as `failed`, before the first record
  };

  explicit answer(std::size_t max_record) : reader_(max_record) {}

  /// Forgets everything, for an answer that may have so many records.
  void restart(std::uint64_t most = no_limit) {
    reader_.restart();
    most_ = most;
    problem_ = {};
  }

  std::span<char> prepare() { return reader_.prepare(); }
  void commit(std::size_t n) noexcept { reader_.commit(n); }

  status next() {
    switch (reader_.next()) {
      case record_reader::status::more: return status::more;
      case record_reader::status::failed: return malformed();
      case record_reader::status::item: break;
    }
    const std::string_view id = reader_.view().record_id;
    const std::uint64_t number = reader_.records();
    if (number > most_) return impossible("more records came than were asked for");
    if (number == 1)
      first_.assign(id);
    else if (id == before_ || id == first_ || id == milestone_)
      return impossible("the same record came twice");
    if ((number & (number - 1)) == 0) milestone_.assign(id);
    before_.assign(id);
    return status::item;
  }

  const record_view& view() const noexcept { return reader_.view(); }
  std::string_view text() const noexcept { return reader_.text(); }
  bool unreadable() const noexcept { return reader_.unreadable(); }
  std::uint64_t records() const noexcept { return reader_.records(); }
  bool came() const noexcept { return records() != 0; }

  /// After its end: did it end behind a record, and not inside one?
  bool is_whole() { return problem_.code == errc::ok && reader_.finish().has_value(); }

  /// Says that the record at hand cannot be.
  status impossible(std::string_view why) {
    problem_ = error{errc::not_auditor, why};
    problem_.index = reader_.records() - 1;
    problem_.of(reader_.view().record_id);
    return status::failed;
  }
  const error& problem() const noexcept { return problem_; }

 private:
  status malformed() {
    problem_ = reader_.error();
    if (came() || problem_.code == errc::record_too_large) return status::failed;
    constexpr std::uint64_t first_bytes = 16;
    if (problem_.code == errc::json_syntax && problem_.offset < first_bytes) problem_.code = errc::not_auditor;
    return status::foreign;
  }

  record_reader reader_;
  std::uint64_t most_ = no_limit;
  std::string first_, before_, milestone_;
  error problem_;
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
