// Whether anything is in a range of times or runtimes, proven by its neighbour: a row that came (protocol, section 7.4 a).
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/timestamp.hpp>
#include <auditor/model/record_view.hpp>
#include <auditor/query/order.hpp>
#include <auditor/query/range.hpp>
#include <auditor/query/writer.hpp>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

/// A row of the table shows on which side of the range to look: there the nearest row is either in it, or shows that nothing is,
/// by one scan and one snapshot. Never does an absence prove anything.
class range_proof {
 public:
  enum class next : std::uint8_t {
    something,   // is in the range
    nothing,     // is in the range
    ask_first,   // for the first id too: its row may be nearer
    ask,         // for the neighbour
    start_over,  // what came cannot be true, or is no longer
  };

  range_proof(field by, const range& asked) : by_(by), range_(asked) {}

  /// The row of the last id came. One that is still open is on neither side of a range of stop times or runtimes.
  next last_came(const record_view& row) noexcept {
    known_ = value_of(row);
    if (range_.holds(known_)) return next::something;
    if (by_ == field::runtime && known_ < 0) known_.reset();  // the server has such records, and refuses such a bound
    is_above_ = known_ && is_above(*known_);
    if (is_above_ && is_below(*known_)) return next::nothing;  // more than x and less than x
    return is_above_ ? next::ask_first : next::ask;
  }
  /// Ids often rise with time: the fewer rows there are between the range and a row that is known, the sooner the neighbour comes.
  next first_came(const record_view& row) noexcept {
    const std::optional<std::int64_t> value = value_of(row);
    if (range_.holds(value)) return next::something;
    if (value && is_above(*value)) {
      if (is_below(*value)) return next::nothing;
      known_ = (std::min)(*known_, *value);
    }
    return next::ask;
  }

  /// Asks for the row that comes nearest to the range, or is in it: the highest that is not above it, or the lowest that is not
  /// below. The row that is known ends the search; without one, the lowest of all is asked for, where open ones come last.
  std::string neighbour_question() const {
    query_writer to;
    if (is_above_ && known_) {
      if (const auto least = lower()) write_bound(to, *least);
      write_bound(to, {comparison::lte, *known_, true});
    } else if (!is_above_) {
      if (known_) write_bound(to, {comparison::gte, *known_, true});
      if (const auto most = upper())
        write_bound(to, *most);
      else if (by_ != field::start_time)
        write_bound(to, {comparison::lte, largest(), true});  // open records would come first
    }
    to.key("sort_by").in_brackets(is_above_ ? "asc" : "desc").value(to_string(by_));
    to.key("limit").value(1);
    return std::move(to).take();
  }
  next neighbour_came(const record_view& row) const noexcept {
    const std::optional<std::int64_t> value = value_of(row);
    if (range_.holds(value)) return next::something;
    if (!value) return is_above_ && !known_ ? next::nothing : next::start_over;
    const bool is_beyond = known_ && (is_above_ ? *value > *known_ : *value < *known_);
    return is_above(*value) == is_above_ && !is_beyond ? next::nothing : next::start_over;
  }
  next no_neighbour() noexcept {
    if (known_ || is_above_) return next::start_over;  // the row that is known was deleted, or this is no answer
    is_above_ = true;
    return next::ask;
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
  std::optional<condition> lower() const noexcept {
    return range_.equal ? condition{comparison::gte, range_.equal->value, true} : range_.lower;
  }
  std::optional<condition> upper() const noexcept {
    return range_.equal ? condition{comparison::lte, range_.equal->value, true} : range_.upper;
  }
  bool is_above(std::int64_t value) const noexcept {
    const auto most = upper();
    return most && !most->holds(value);
  }
  bool is_below(std::int64_t value) const noexcept {
    const auto least = lower();
    return least && !least->holds(value);
  }
  std::optional<std::int64_t> value_of(const record_view& row) const noexcept {
    if (by_ == field::runtime) return row.runtime;
    if (by_ == field::start_time) return row.start_time.time_since_epoch().count();
    if (row.stop_time) return row.stop_time->time_since_epoch().count();
    return std::nullopt;
  }

  field by_;
  range range_;
  std::optional<std::int64_t> known_;  // of a row that was there
  bool is_above_ = false;              // the neighbour asked for
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
