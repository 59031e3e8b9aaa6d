// Whether anything is in a range of times or runtimes, proven by its neighbour: a row that came (protocol, section 7.4 a).
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/timestamp.hpp>
#include <auditor/model/record_view.hpp>
#include <auditor/query/order.hpp>
#include <auditor/query/range.hpp>
#include <auditor/query/writer.hpp>

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

/// The highest row below the upper end of the range is either in it, or shows that nothing is, by one scan and one snapshot.
/// When there is no such row, the lowest row of the table is above the range. Never does an absence prove anything.
class range_proof {
 public:
  enum class next : std::uint8_t {
    something,   // is in the range
    nothing,     // is in the range
    start_over,  // the two answers cannot both be true
  };

  range_proof(field by, const range& asked) : by_(by), range_(asked) {}

  /// Asks for the highest row that is not above the range.
  std::string highest_question() const {
    query_writer to;
    if (range_.upper)
      write_bound(to, *range_.upper);
    else if (range_.equal)
      write_bound(to, {comparison::lte, range_.equal->value, true});
    else if (by_ != field::start_time)
      write_bound(to, {comparison::lte, largest(), true});  // open records would come first
    to.key("sort_by").in_brackets("desc").value(to_string(by_));
    to.key("limit").value(1);
    return std::move(to).take();
  }
  next highest_came(const record_view& row) const noexcept {
    const std::optional<std::int64_t> highest = value_of(row);
    if (!highest || is_above(*highest)) return next::start_over;  // not what was asked for
    return range_.holds(highest) ? next::something : next::nothing;
  }

  /// Asks for the lowest row of all; open records come last.
  std::string lowest_question() const {
    query_writer to;
    to.key("sort_by").in_brackets("asc").value(to_string(by_));
    to.key("limit").value(1);
    return std::move(to).take();
  }
  next lowest_came(const record_view& row) const noexcept {
    const std::optional<std::int64_t> lowest = value_of(row);
    return !lowest || is_above(*lowest) ? next::nothing : next::start_over;
  }

 private:
  void write_bound(query_writer& to, const condition& c) const {
    range only;
    only.set(c);
    to.conditions(to_string(by_), nullptr, only, by_ == field::runtime ? number_kind::count : number_kind::moment);
  }
  std::int64_t largest() const noexcept {
    return by_ == field::runtime ? (std::numeric_limits<std::int64_t>::max)() : latest_timestamp.time_since_epoch().count();
  }
  bool is_above(std::int64_t value) const noexcept {
    if (range_.equal) return value > range_.equal->value;
    return range_.upper && !range_.upper->holds(value);
  }
  std::optional<std::int64_t> value_of(const record_view& row) const noexcept {
    if (by_ == field::runtime) return row.runtime;
    if (by_ == field::start_time) return row.start_time.time_since_epoch().count();
    if (row.stop_time) return row.stop_time->time_since_epoch().count();
    return std::nullopt;
  }

  field by_;
  range range_;
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
