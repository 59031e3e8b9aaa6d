// The questions that a read may ask, one request each, and their texts.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/text_buffer.hpp>
#include <auditor/operation/proof.hpp>
#include <auditor/operation/read/answer.hpp>
#include <auditor/operation/read/asked_rows.hpp>
#include <auditor/operation/read/range_proof.hpp>
#include <auditor/operation/read/record_count.hpp>
#include <auditor/query/query.hpp>
#include <auditor/query/special_reads.hpp>

#include <cstdint>
#include <optional>

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
  questions(query&& asked, meta_dialect dialect, const proof& reads);
  questions(const questions&) = delete;
  questions& operator=(const questions&) = delete;

  /// False: there can be none, and `why` says why, `invalid_query`.
  bool prepare(error& why);
  const query& asked() const noexcept { return asked_; }
  bool is_superset() const noexcept { return reads_ == proof_rule::superset; }
  bool is_for_none() const noexcept { return limit_ == 0; }
  /// Null: there is no limit, and the proof is the usual one.
  const special_reads* special() const noexcept { return special_; }
  /// Of a query for a range of times or runtimes and for nothing else.
  std::optional<range_proof>& range() noexcept { return range_; }

  /// Which comes first.
  question first() const noexcept { return first_; }
  /// ... and which begins the proof that all came: what matches, without a limit.
  question first_of_proof() const noexcept { return range_ ? question::last_row : question::last_id; }
  /// ... and which is asked again when nothing came.
  question repeated() const noexcept;
  question start() const noexcept;
  bool is_for_whole_table() const noexcept { return is_for_whole_table_; }

  /// How many records its answer may have.
  record_count most_records(question of) const noexcept;

  void write_target(question of, text_buffer& to) const;

  /// Can it be in the answer to a question with the caller's conditions?
  bool may_have(const record_view& r, bool is_whole) const noexcept { return rows_.may_have(asked_, r, is_whole); }
  /// Records are shown in part.
  void ignore_names() noexcept { rows_.ignore_names(); }

 private:
  // What has to match, of the caller's conditions.
  query::part proven() const noexcept { return is_superset() ? query::part::superset : query::part::filters; }

  friend special_reads;

  meta_dialect dialect_;
  proof_rule reads_;
  question first_ = question::last_id;
  bool is_for_whole_table_ = false;
  record_count limit_ = any_number;
  const special_reads* special_;
  std::optional<range_proof> range_;
  asked_rows rows_;
  query asked_;
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_BODIES
#include <auditor/impl/operation/read/question.ipp>
#endif
