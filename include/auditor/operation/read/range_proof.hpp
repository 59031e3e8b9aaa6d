// Whether anything is in a range of times or runtimes, proven by its neighbour: a row that came (protocol, section 7.4 a).
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/model/record_view.hpp>
#include <auditor/operation/read/read_step.hpp>
#include <auditor/query/order.hpp>
#include <auditor/query/range.hpp>

#include <cstdint>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

class query_writer;

/// A row of the table shows on which side of the range to look: there the nearest row is either in it, or shows that nothing is,
/// by one scan and one snapshot. Never does an absence prove anything.
class range_proof {
 public:
  using next = read_step;

  /// **Lifetime**: of the range, longer than this.
  range_proof(field by, const range& asked) : by_(by), range_(asked) {}

  /// A row came that was asked for. That of the last id: one that is still open is on neither side of a range of stop times or
  /// runtimes. That of the first: ids often rise with time, and the fewer rows there are between the range and a row that is known,
  /// the sooner the neighbour comes.
  enum class row : std::uint8_t { last, first, neighbour };
  next came(row which, const record_view& r, bool has_times) noexcept;

  /// Asks for the row that comes nearest to the range, or is in it: the highest that is not above it, or the lowest that is not
  /// below. The row that is known ends the search; without one, the lowest of all is asked for, where open ones come last.
  void neighbour_question(query_writer& to) const;
  next no_neighbour() noexcept;

 private:
  void write_bound(query_writer& to, comparison op, std::int64_t value) const;
  std::int64_t largest() const noexcept;
  // False: it has none.
  bool get_value(const record_view& r, std::int64_t& value) const noexcept;

  field by_;
  const range& range_;
  std::int64_t known_ = 0;  // of a row that was there
  bool is_known_ = false;
  bool is_above_ = false;  // the neighbour asked for
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_BODIES
#include <auditor/impl/operation/read/range_proof.ipp>
#endif
