// The order in which an Auditor sends records, of records that are here already.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/timestamp.hpp>
#include <auditor/query/order.hpp>

#include <cstdint>
#include <optional>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

// What it is sorted by, but the id. None: it is open.
template <class Row>
std::optional<std::int64_t> sort_key(field by, const Row& r) {
  if (by == field::runtime) return r.runtime;
  const std::optional<timestamp> time = by == field::stop_time ? r.stop_time : std::optional(r.start_time);
  return time ? std::optional<std::int64_t>(time->time_since_epoch().count()) : std::nullopt;
}

// Compares two by their numbers: `at(number)` is a record, or what has the same id, times and runtime. Those alike come by their ids.
template <class At>
class row_order {
 public:
  row_order(const order& by, const At& at) noexcept : by_(by), at_(at) {}

  bool operator()(std::uint32_t a, std::uint32_t b) const {
    const auto& one = at_(a);
    const auto& other = at_(b);
    const std::optional<std::int64_t> x = key(one), y = key(other);
    if (x == y)
      return by_.by == field::record_id && by_.descends ? other.record_id < one.record_id : one.record_id < other.record_id;
    if (!x || !y) return by_.descends ? !x && y : x && !y;
    return by_.descends ? *y < *x : *x < *y;
  }

 private:
  template <class Row>
  std::optional<std::int64_t> key(const Row& r) const {
    return by_.by == field::record_id ? std::nullopt : sort_key(by_.by, r);
  }

  order by_;
  const At& at_;
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
