// Local time in a named zone <-> the UTC that Auditor stores, with the two odd hours of daylight saving named.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/timestamp.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#if !AUDITOR_EXCEPTIONS
#error "auditor/ext/time_zone.hpp needs exceptions: date/tz.h reports with them (none leaves this header)"
#endif

// The compiled library and this header must agree on where zones come from. Distributions build it for the system's own
// zone files; a program that links another build sets USE_OS_TZDB itself, as the CMake target date::date-tz does.
#if !defined(USE_OS_TZDB) && !defined(_WIN32)
#define USE_OS_TZDB 1
#endif
#include <date/tz.h>

namespace auditor {
inline namespace AUDITOR_ABI {

/// What to do with a local time that is there twice (clocks set back) or not at all (clocks set forward).
enum class on_ambiguous : std::uint8_t {
  fail,
  earliest,  ///< of two, the first: still daylight-saving time. Of none: the moment at which the clocks change
  latest,    ///< of two, the second. Of none: the moment at which the clocks change
};

namespace detail {

result<timestamp> to_utc(std::chrono::microseconds local, std::string_view zone, on_ambiguous choice);

}  // namespace detail

/// The moment of a local time in a zone of the IANA database:
/// `to_utc(local_days{2024_y / 10 / 27} + 16h + 18min, "Europe/Berlin")`.
///
/// Takes the local time of `<chrono>` and that of date.h; finer units than microseconds are rounded towards the past.
/// **Errors**: `invalid_argument`: no such zone; a local time that is there twice or not at all, unless `choice` says
/// which; a time behind the end of the zone's data; a system without tzdata.
/// **Threads**: safe.
template <class Duration>
result<timestamp> to_utc(std::chrono::local_time<Duration> local, detail::borrowed_text zone,
                         on_ambiguous choice = on_ambiguous::fail) {
  return detail::to_utc(detail::whole_microseconds(local.time_since_epoch()), zone, choice);
}
/// The same of date.h's local time.
template <class Duration>
result<timestamp> to_utc(date::local_time<Duration> local, detail::borrowed_text zone,
                         on_ambiguous choice = on_ambiguous::fail) {
  return detail::to_utc(detail::whole_microseconds(local.time_since_epoch()), zone, choice);
}

/// What the clocks of a zone show at a moment.
/// **Errors**: `invalid_argument`: no such zone, or the moment lies behind the end of its data.
result<std::chrono::local_time<std::chrono::microseconds>> to_local(timestamp moment, detail::borrowed_text zone);

/// A moment as the clocks of a zone show it, with the offset from UTC: `2024-07-01T14:00:00+02:00`, which
/// `parse_timestamp` reads back. Offsets of old local mean times are cut to the minute, the time with them.
/// **Errors**: as `to_local`.
result<std::string> to_local_string(timestamp moment, detail::borrowed_text zone);

}  // namespace AUDITOR_ABI
}  // namespace auditor

#include <auditor/impl/ext/time_zone.ipp>
