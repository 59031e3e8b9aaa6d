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
  enum : std::uint8_t { filters = 1, upwards = 2, downwards = 4, one = 8, by_special_read = 16 };
  // As `question` has them.
  static constexpr std::uint8_t all[] = {
      filters,                    // one_id
      by_special_read,            // up_to_limit
      downwards | one,            // last_row
      upwards | one,              // first_row
      one,                        // neighbour
      filters | downwards | one,  // last_id
      filters | upwards,          // stream
      by_special_read,            // limited
      by_special_read,            // as_asked
      filters | one,              // any_match
      downwards | one,            // control
      0,                          // health
  };
  const unsigned has = all[static_cast<unsigned>(of)];
  to.clear();
  to.append_words(of == question::health ? "/health_check" : "/records");
  if ((has & by_special_read) != 0) return special_->write_target(*this, of, to);
  query_writer more(to, (has & filters) != 0 ? asked_.write(to, proven(), dialect_) : '?');
  if (of == question::neighbour) range_->neighbour_question(more);
  if ((has & (upwards | downwards)) != 0) more.sorted((has & downwards) != 0, "record_id");
  if ((has & one) != 0) more.pairs("limit=1");
}

AUDITOR_CALLED_ONCE AUDITOR_DECL bool questions::prepare(error& why) {
  if (!asked_.is_valid(dialect_, why)) return false;
  field by{};
  const int ranges = asked_.only_ranges(proven(), by);
  is_for_whole_table_ = ranges == 0;
  if (ranges == 1) range_.emplace(by, asked_.range_of(by));
  rows_.ask(asked_, !is_superset() && dialect_ == meta_dialect::list);
  first_ = start();
  return true;
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
