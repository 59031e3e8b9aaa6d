// In which order the server sends what it found: by one field, upwards or downwards.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/config.hpp>

#include <cstdint>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {

/// What records can be sorted by.
enum class field : std::uint8_t { start_time, stop_time, runtime, record_id };

constexpr std::string_view to_string(field by) noexcept {
  switch (by) {
    case field::start_time: return "start_time";
    case field::stop_time: return "stop_time";
    case field::runtime: return "runtime";
    case field::record_id: return "record_id";
  }
  return "?";
}

/// One field and a direction, made by `ascending` and `descending`. Records without a value (open records have neither
/// stop time nor runtime) come last when ascending and first when descending. Ids sort by the database's collation.
struct AUDITOR_EXPORT order {
  field by = field::stop_time;  ///< what it goes by
  bool descends = false;        ///< the largest first

  friend constexpr bool operator==(const order&, const order&) = default;
};

/// `query{}.sort_by(ascending(field::start_time))`: the oldest first.
constexpr order ascending(field by) noexcept { return {by, false}; }
/// The latest first.
constexpr order descending(field by) noexcept { return {by, true}; }

}  // namespace AUDITOR_ABI
}  // namespace auditor
