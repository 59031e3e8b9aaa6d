// Bodies of ext/time_zone.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/ext/time_zone.hpp>

#include <chrono>
#include <cstdint>
#include <exception>
#include <string>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

inline constexpr date::sys_seconds start_of_year(std::int64_t year) {
  return date::sys_seconds(std::chrono::seconds(days_from_civil({static_cast<std::int32_t>(year), 1, 1}) * seconds_a_day));
}

// Zone files list their changes until 2037 and go on with a rule, which date does not read: behind the last change it
// would count on without daylight saving. Zones that have none any more end long before.
inline bool is_behind_last_rule(const date::sys_info& info, std::chrono::microseconds moment) {
  return info.end > start_of_year(9999) && info.begin >= start_of_year(2037) &&
         moment >= start_of_year(2038).time_since_epoch();
}

inline error behind_last_rule(std::string_view zone) {
  error e(errc::invalid_argument, "time zone '");
  return e.more(zone).more("': its data end before this time");
}

// "Slim" zone files have the rule alone: read without it, they know no daylight saving at all.
inline bool knows_daylight_saving() {
  const date::time_zone* const zone = date::locate_zone("Europe/Berlin");
  const date::sys_seconds winter = start_of_year(2036);
  return zone->get_info(winter).offset != zone->get_info(winter + std::chrono::days(180)).offset;
}

// The zone, or null and why. Throws what date throws of this name.
inline const date::time_zone* find_zone(std::string_view name, error& e) {
  try {
    static const bool usable = knows_daylight_saving();
    if (!usable) {
      e = error(errc::invalid_argument,
                "the system's time zones are in the slim format, which this build of date cannot read");
      return nullptr;
    }
  } catch (const std::exception& thrown) {
    e = error(errc::invalid_argument, "the system's time zones are not there, or not all of them: install tzdata (");
    e.more(thrown.what()).more(")");
    return nullptr;
  }
  return date::locate_zone(name);
}

inline error zone_error(std::string_view zone, const std::exception& thrown) {
  error e(errc::invalid_argument, "time zone '");
  return e.more(zone).more("': ").more(thrown.what());
}

inline std::string without_offset(std::chrono::microseconds local) {
  std::string text = auditor::to_string(timestamp(local));
  text.pop_back();
  return text;
}

inline void append_offset(std::string& to, std::chrono::minutes offset) {
  const std::int64_t minutes = offset.count() < 0 ? -offset.count() : offset.count();
  char text[6] = {offset.count() < 0 ? '-' : '+', 0, 0, ':', 0, 0};
  write_pair(text + 1, static_cast<std::uint32_t>(minutes / 60));
  write_pair(text + 4, static_cast<std::uint32_t>(minutes % 60));
  to.append(text, sizeof text);
}

inline result<timestamp> to_utc(std::chrono::microseconds local, std::string_view zone, on_ambiguous choice) {
  const timestamp as_if_utc(local);
  if (as_if_utc < earliest_timestamp || as_if_utc > latest_timestamp)
    return error(errc::invalid_argument, "the local time is out of range");
  try {
    error e;
    const date::time_zone* const found = find_zone(zone, e);
    if (found == nullptr) return e;
    const date::local_info info = found->get_info(date::local_time<std::chrono::microseconds>(local));
    const auto at = [&](const date::sys_info& i) { return timestamp(local - i.offset); };
    const auto describe = [&](std::string_view what) {
      e = error(errc::invalid_argument, without_offset(local));
      e.more(what).more(zone).more(" (clocks change from ");
      e.more(info.first.abbrev).more(" to ").more(info.second.abbrev).more(" then); ask for the earliest or the latest");
      return e;
    };
    if (is_behind_last_rule(info.first, local)) return behind_last_rule(zone);
    if (info.result == date::local_info::unique) return at(info.first);
    if (info.result == date::local_info::nonexistent) {
      if (choice == on_ambiguous::fail) return describe(" does not exist in ");
      return timestamp(info.first.end);
    }
    if (choice == on_ambiguous::fail) return describe(" is there twice in ");
    return at(choice == on_ambiguous::earliest ? info.first : info.second);
  } catch (const std::exception& thrown) {
    return zone_error(zone, thrown);
  }
}

inline result<std::chrono::seconds> offset_at(timestamp moment, std::string_view zone) {
  if (moment < earliest_timestamp || moment > latest_timestamp)
    return error(errc::invalid_argument, "the time is out of range");
  try {
    error e;
    const date::time_zone* const found = find_zone(zone, e);
    if (found == nullptr) return e;
    const date::sys_info info = found->get_info(moment);
    if (is_behind_last_rule(info, moment.time_since_epoch())) return behind_last_rule(zone);
    return info.offset;
  } catch (const std::exception& thrown) {
    return zone_error(zone, thrown);
  }
}

}  // namespace detail

inline result<std::chrono::local_time<std::chrono::microseconds>> to_local(timestamp moment, detail::borrowed_text zone) {
  return detail::offset_at(moment, zone).transform([moment](std::chrono::seconds offset) {
    return std::chrono::local_time<std::chrono::microseconds>(moment.time_since_epoch() + offset);
  });
}

inline result<std::string> to_local_string(timestamp moment, detail::borrowed_text zone) {
  return detail::offset_at(moment, zone).transform([moment](std::chrono::seconds exact) {
    const auto offset = std::chrono::duration_cast<std::chrono::minutes>(exact);
    std::string text = detail::without_offset(moment.time_since_epoch() + offset);
    detail::append_offset(text, offset);
    return text;
  });
}

}  // namespace AUDITOR_ABI
}  // namespace auditor
