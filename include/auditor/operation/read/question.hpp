// The questions that a read may ask, one request each, and their texts.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/operation/options.hpp>
#include <auditor/operation/read/answer.hpp>
#include <auditor/operation/read/range_proof.hpp>
#include <auditor/query/query.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

/// Up to `limited` in the order in which they are asked.
enum class question : std::uint8_t {
  one_id,       // the record of the id that the query names
  up_to_limit,  // as many of those that match as the caller's limit allows, in the order of ids
  last_row,     // that of the last id of the table
  first_row,    // that of the first
  neighbour,    // the row nearest to the range of the query, on one side
  last_id,      // the record that matches and comes last in the order of ids
  stream,       // all that match, in the order of ids
  limited,      // what the caller asked for, with its limit, in its order
  as_asked,     // the same without proof
  any_match,    // any record that matches: a plain scan, where the order of ids may take the database longer
  control,      // any row of the table, behind an answer of nothing
  health,       // does the database work?
};

/// What the caller asked, as the questions that prove it.
class questions {
 public:
  questions(const query& asked, meta_dialect dialect, proof reads, bool collects)
      : asked_(asked), is_superset_(reads == proof::superset) {
    failure_ = prepare(dialect, reads, collects);
    if (failure_) failure_.outcome = outcome::rejected;
  }

  /// Why there are none: `invalid_query`.
  const error& failure() const noexcept { return failure_; }
  const query& asked() const noexcept { return asked_; }
  bool is_superset() const noexcept { return is_superset_; }
  /// Of a query for a range of times or runtimes and for nothing else.
  std::optional<range_proof>& range() noexcept { return range_; }

  /// Which comes first.
  question first() const noexcept { return first_; }
  /// ... and which begins the proof that all came: what matches, without a limit.
  question first_of_proof() const noexcept { return range_ ? question::last_row : question::last_id; }
  /// ... and which is asked again when nothing came.
  question repeated() const noexcept { return asked_.record_id() ? question::one_id : question::any_match; }
  question start() const noexcept { return asked_.record_id() ? question::one_id : first_of_proof(); }
  bool is_for_whole_table() const noexcept { return filters_.empty(); }

  /// How many records its answer may have.
  std::uint64_t most_records(question of) const noexcept {
    switch (of) {
      case question::stream:
      case question::health: return answer::no_limit;
      case question::limited:
      case question::up_to_limit:
      case question::as_asked: return asked_.limit().value_or(answer::no_limit);
      default: return 1;
    }
  }

  std::string target(question of) const {
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

 private:
  error prepare(meta_dialect dialect, proof reads, bool collects) {
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

  query asked_;
  bool is_superset_;
  std::string filters_, own_request_;
  std::optional<range_proof> range_;
  question first_ = question::last_id;
  error failure_;
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
