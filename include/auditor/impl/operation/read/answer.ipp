// Bodies of operation/read/answer.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/impl/base/set_error.hpp>
#include <auditor/operation/read/answer.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

AUDITOR_DECL void answer::restart(record_count most) {
  reader_.restart();
  most_ = most;
  records_ = 0;
  skips_ = has_failed_ = false;
}

AUDITOR_DECL std::span<char> answer::prepare() { return reader_.prepare(); }

AUDITOR_DECL void answer::commit(std::size_t n) noexcept { reader_.commit(n); }

AUDITOR_DECL answer::status answer::next() {
  if (skips_) {
    skips_ = false;
    reader_.skip();
  }
  switch (reader_.next()) {
    case record_reader::status::more: return status::more;
    case record_reader::status::item: return came(reader_.view().record_id);
    case record_reader::status::failed: break;
  }
  // Without its id nobody can tell whether it is the last one.
  problem_ = reader_.error();
  const std::string_view id = reader_.view().record_id;
  if (problem_.code != errc::record_too_large || id.empty()) return malformed();
  if (const status wrong = came(id); wrong == status::failed) return wrong;
  skips_ = true;
  return status::too_large;
}

AUDITOR_DECL answer::status answer::came(std::string_view text) {
  const id_hash id = hash_of(text);
  const record_count number = ++records_;
  if (number > most_) return impossible("more records came than were asked for");
  if (number == 1)
    first_ = id;
  else if (id == before_ || id == first_ || id == milestone_)
    return impossible("the same record came twice");
  if ((number & (number - 1)) == 0) milestone_ = id;
  before_ = id;
  return status::item;
}

AUDITOR_DECL const record_view& answer::view() const noexcept { return reader_.view(); }

AUDITOR_DECL std::string_view answer::text() const noexcept { return reader_.text(); }

AUDITOR_DECL bool answer::unreadable() const noexcept { return skips_ || reader_.unreadable(); }

AUDITOR_DECL record_count answer::records() const noexcept { return records_; }

AUDITOR_DECL bool answer::came() const noexcept { return records() != 0; }

AUDITOR_DECL bool answer::is_whole() { return !has_failed_ && reader_.end() == record_reader::status::more; }

AUDITOR_DECL answer::status answer::impossible(const char* why) {
  has_failed_ = true;
  set_error(problem_, errc::not_auditor, why);
  problem_.index = records_ - 1;
  problem_.of(reader_.view().record_id);
  return status::failed;
}

AUDITOR_DECL answer::status answer::malformed() {
  has_failed_ = true;
  if (came() || problem_.code == errc::record_too_large) return status::failed;
  constexpr std::uint64_t first_bytes = 16;
  if (problem_.code == errc::json_syntax && problem_.offset < first_bytes) problem_.code = errc::not_auditor;
  return status::foreign;
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
