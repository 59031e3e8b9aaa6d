// Bodies of operation/read/question.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/impl/query/writer.hpp>
#include <auditor/operation/read/question.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

AUDITOR_DECL questions::questions(query&& asked, meta_dialect dialect, const proof& reads)
    : dialect_(dialect), reads_(reads.rule()), special_(reads.special()), asked_(std::move(asked)) {
  if constexpr (special_reads::are_named) {
    if (special_ == nullptr) special_ = asked_.special();
  } else {
    special_ = &special_reads::all;
  }
}

AUDITOR_DECL question questions::repeated() const noexcept {
  return asked_.has_id() ? question::one_id : question::any_match;
}

AUDITOR_DECL question questions::start() const noexcept { return asked_.has_id() ? question::one_id : first_of_proof(); }

AUDITOR_DECL record_count questions::most_records(question of) const noexcept {
  switch (of) {
    case question::stream:
    case question::health: return any_number;
    case question::limited:
    case question::up_to_limit:
    case question::as_asked: return limit_;
    default: return 1;
  }
}

AUDITOR_CALLED_ONCE AUDITOR_DECL void questions::write_target(question of, text_buffer& to) const {
  to.clear();
  to.append_words(of == question::health ? "/health_check" : "/records");
  char next = '?';
  switch (of) {
    case question::limited:
    case question::as_asked:
    case question::up_to_limit: return special_->write_target(*this, of, to);
    case question::one_id:
    case question::last_id:
    case question::stream:
    case question::any_match: next = asked_.write(to, proven(), dialect_); break;
    default: break;
  }
  query_writer more(to, next);
  if (of == question::neighbour) return range_->neighbour_question(more);
  if (of == question::health || of == question::one_id) return;
  if (of != question::any_match) more.sorted(of != question::first_row && of != question::stream, "record_id");
  if (of != question::stream) more.pairs("limit=1");
}

AUDITOR_CALLED_ONCE AUDITOR_DECL bool questions::prepare(error& why) {
  if (!asked_.is_valid(dialect_, why)) return false;
  field by{};
  const int ranges = asked_.only_ranges(proven(), by);
  is_for_whole_table_ = ranges == 0;
  if (ranges == 1) range_.emplace(by, asked_.range_of(by));
  first_ = start();
  return true;
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
