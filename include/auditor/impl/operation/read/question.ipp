// Bodies of operation/read/question.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/impl/query/writer.hpp>
#include <auditor/operation/read/question.hpp>
#include <auditor/query/refusal.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

AUDITOR_DECL questions::questions(query&& asked, meta_dialect dialect, proof reads)
    : dialect_(dialect), reads_(reads), asked_(std::move(asked)) {}

AUDITOR_DECL question questions::repeated() const noexcept {
  return asked_.record_id() ? question::one_id : question::any_match;
}

AUDITOR_DECL question questions::start() const noexcept { return asked_.record_id() ? question::one_id : first_of_proof(); }

AUDITOR_DECL std::uint64_t questions::most_records(question of) const noexcept {
  switch (of) {
    case question::stream:
    case question::health: return answer::no_limit;
    case question::limited:
    case question::up_to_limit:
    case question::as_asked: return asked_.limit().value_or(answer::no_limit);
    default: return 1;
  }
}

AUDITOR_DECL void questions::write_target(question of, text_buffer& to) const {
  to.assign(of == question::health ? "/health_check" : "/records");
  const std::size_t path = to.size();
  switch (of) {
    case question::limited:
    case question::as_asked: return asked_.write(to, query::part::everything, dialect_);
    case question::one_id:
    case question::last_id:
    case question::stream:
    case question::up_to_limit:
    case question::any_match: asked_.write(to, proven(), dialect_); break;
    default: break;
  }
  query_writer more(to, to.size() == path ? '?' : '&');
  switch (of) {
    case question::last_row:
    case question::control:
    case question::last_id: more.pairs("sort_by[desc]=record_id&limit=1"); break;
    case question::first_row: more.pairs("sort_by[asc]=record_id&limit=1"); break;
    case question::stream: more.pairs("sort_by[asc]=record_id"); break;
    case question::up_to_limit:
      more.pairs("sort_by[asc]=record_id");
      more.key("limit").value(static_cast<std::int64_t>(*asked_.limit()));
      break;
    case question::neighbour: range_->neighbour_question(more); break;
    case question::any_match: more.pairs("limit=1"); break;
    default: break;
  }
}

AUDITOR_DECL bool questions::prepare(bool collects, error& why) {
  if (!asked_.is_valid(dialect_, why)) return false;
  if (reads_ == proof::none) {
    first_ = question::as_asked;
    return true;
  }
  const bool by_id = !asked_.order() || asked_.order() == ascending(field::record_id);
  if (!by_id && !collects && (!asked_.limit() || is_superset()))
    return refuse(
        why, "sort_by: a streamed read is proven in the order of ids only; collect it, limit it, or ask for proof::none");
  if (is_superset() && asked_.is_from_text())
    return refuse(why, "proof::superset: needs a query made of filters, not of a text");
  if (is_superset() && asked_.limit() && !collects)
    return refuse(why, "proof::superset: a streamed read has no limit; collect it, or stop it yourself");
  if (const auto by = asked_.only_range_of(proven())) range_.emplace(*by, asked_.range_of(*by));
  first_ = asked_.record_id()                 ? question::one_id
           : asked_.limit() && !is_superset() ? question::up_to_limit
                                              : first_of_proof();
  return true;
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
