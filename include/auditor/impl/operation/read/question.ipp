// Bodies of operation/read/question.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/operation/read/question.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

AUDITOR_DECL questions::questions(const query& asked, meta_dialect dialect, proof reads, bool collects)
    : asked_(asked), is_superset_(reads == proof::superset) {
  failure_ = prepare(dialect, reads, collects);
  if (failure_) failure_.outcome = outcome::rejected;
}

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

AUDITOR_DECL std::string questions::target(question of) const {
  if (of == question::health) return "/health_check";
  std::string text = "/records";
  auto add = [&text, separator = '?'](std::string_view part) mutable {
    if (part.empty()) return;
    text += std::exchange(separator, '&');
    text += part;
  };
  switch (of) {
    case question::one_id: add(filters_); break;
    case question::last_id:
      add(filters_);
      add("sort_by[desc]=record_id&limit=1");
      break;
    case question::stream:
      add(filters_);
      add("sort_by[asc]=record_id");
      break;
    case question::up_to_limit:
      add(filters_);
      add("sort_by[asc]=record_id&limit=" + std::to_string(*asked_.limit()));
      break;
    case question::limited:
    case question::as_asked: add(own_request_); break;
    case question::neighbour: add(range_->neighbour_question()); break;
    case question::any_match:
      add(filters_);
      add("limit=1");
      break;
    case question::last_row:
    case question::control: add("sort_by[desc]=record_id&limit=1"); break;
    case question::first_row: add("sort_by[asc]=record_id&limit=1"); break;
    case question::health: break;
  }
  return text;
}

AUDITOR_DECL error questions::prepare(meta_dialect dialect, proof reads, bool collects) {
  result<std::string> whole = asked_.encode(dialect);
  if (!whole) return whole.error();
  own_request_ = *std::move(whole);
  if (reads == proof::none) {
    first_ = question::as_asked;
    return {};
  }
  const bool by_id = !asked_.order() || asked_.order() == ascending(field::record_id);
  if (!by_id && !collects && (!asked_.limit() || is_superset_))
    return {errc::invalid_query,
            "sort_by: a streamed read is proven in the order of ids only; collect it, limit it, or ask for proof::none"};
  if (is_superset_ && asked_.is_from_text())
    return {errc::invalid_query, "proof::superset: needs a query made of filters, not of a text"};
  if (is_superset_ && asked_.limit() && !collects)
    return {errc::invalid_query, "proof::superset: a streamed read has no limit; collect it, or stop it yourself"};
  const query proven = is_superset_ ? asked_.superset() : asked_;
  result<std::string> filters = proven.filters(dialect);
  if (!filters) return filters.error();
  filters_ = *std::move(filters);
  if (const auto by = proven.only_range_of()) range_.emplace(*by, proven.range_of(*by));
  first_ = asked_.record_id()                ? question::one_id
           : asked_.limit() && !is_superset_ ? question::up_to_limit
                                             : first_of_proof();
  return {};
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
