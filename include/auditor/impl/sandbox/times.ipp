// Bodies of sandbox/times.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/sandbox/times.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail::sandboxed {

AUDITOR_DECL std::optional<moment> time_reader::read() {
  std::int64_t year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, nanoseconds = 0, offset = 0;
  const bool understood = read_year(year) && literal('-') && field(month, 1, 12) && literal('-') && field(day, 1, 31) &&
                          separator() && field(hour, 0, 23) && literal(':') && field(minute, 0, 59) && literal(':') &&
                          field(second, 0, 60) && read_fraction(nanoseconds) && read_offset(offset);
  if (!understood) return std::nullopt;
  if (!without_leading_white(rest_).empty()) return refuse("trailing input"), std::nullopt;
  constexpr std::int64_t last_year = 262'142;
  if (year < -last_year - 1 || year > last_year || day > days_in(year, static_cast<unsigned>(month)))
    return refuse(out_of_range), std::nullopt;
  if (offset <= -seconds_a_day || offset >= seconds_a_day) return refuse(out_of_range), std::nullopt;
  if (second == 60) {
    second = 59;
    nanoseconds += 1'000'000'000;
  }
  const std::int64_t days = days_before(year, static_cast<unsigned>(month), static_cast<unsigned>(day));
  const moment value{days * seconds_a_day + hour * 3600 + minute * 60 + second - offset, nanoseconds};
  if (value.seconds < days_before(-last_year - 1, 1, 1) * seconds_a_day ||
      value.seconds >= days_before(last_year + 1, 1, 1) * seconds_a_day)
    return refuse("no possible date and time matching input"), std::nullopt;
  return value;
}

AUDITOR_DECL bool time_reader::refuse(std::string_view why) noexcept {
  problem_ = why;
  return false;
}

AUDITOR_DECL bool time_reader::number(std::int64_t& value, std::size_t most) {
  if (rest_.empty()) return refuse(too_short);
  if (!is_digit(rest_[0])) return refuse(invalid);
  std::size_t n = 0;
  for (value = 0; n < rest_.size() && n < most && is_digit(rest_[n]); ++n) {
    if (value > (std::numeric_limits<std::int64_t>::max() - 9) / 10) return refuse(out_of_range);
    value = value * 10 + (rest_[n] - '0');
  }
  rest_.remove_prefix(n);
  return true;
}

AUDITOR_DECL bool time_reader::read_year(std::int64_t& year) {
  skip_white();
  const char sign = rest_.empty() ? ' ' : rest_[0];
  const bool is_signed = sign == '-' || sign == '+';
  if (is_signed) rest_.remove_prefix(1);
  if (!number(year, is_signed ? rest_.size() : 4)) return false;
  if (year > std::numeric_limits<std::int32_t>::max()) return refuse(out_of_range);
  if (sign == '-') year = -year;
  return true;
}

AUDITOR_DECL bool time_reader::field(std::int64_t& value, std::int64_t least, std::int64_t most) {
  skip_white();
  if (!number(value, 2)) return false;
  return (value >= least && value <= most) || refuse(out_of_range);
}

AUDITOR_DECL bool time_reader::literal(char c) {
  skip_white();
  if (rest_.empty()) return refuse(too_short);
  if (rest_[0] != c) return refuse(invalid);
  rest_.remove_prefix(1);
  return true;
}

AUDITOR_DECL bool time_reader::separator() {
  if (rest_.empty()) return refuse(too_short);
  if (rest_[0] != 't' && rest_[0] != 'T' && rest_[0] != ' ') return refuse(invalid);
  rest_.remove_prefix(1);
  return true;
}

AUDITOR_DECL bool time_reader::read_fraction(std::int64_t& nanoseconds) {
  if (rest_.empty() || rest_[0] != '.') return true;
  rest_.remove_prefix(1);
  const std::size_t before = rest_.size();
  if (!number(nanoseconds, 9)) return false;
  for (std::size_t digits = before - rest_.size(); digits < 9; ++digits) nanoseconds *= 10;
  while (!rest_.empty() && is_digit(rest_[0])) rest_.remove_prefix(1);
  return true;
}

AUDITOR_DECL bool time_reader::read_offset(std::int64_t& offset) {
  skip_white();
  if (rest_.size() >= 3 && (rest_[0] | 32) == 'u' && (rest_[1] | 32) == 't' && (rest_[2] | 32) == 'c') {
    rest_.remove_prefix(3);
    return true;
  }
  if (rest_.empty()) return refuse(too_short);
  constexpr std::string_view minus_sign = "\xE2\x88\x92";
  const bool negative = rest_[0] == '-' || rest_.starts_with(minus_sign);
  if ((rest_[0] | 32) == 'z') {
    rest_.remove_prefix(1);
    return true;
  }
  if (!negative && rest_[0] != '+') return refuse(invalid);
  rest_.remove_prefix(rest_.starts_with(minus_sign) ? minus_sign.size() : 1);
  std::int64_t hours = 0, minutes = 0;
  if (!two_digits(hours)) return false;
  while (rest_ = without_leading_white(rest_), !rest_.empty() && rest_[0] == ':') rest_.remove_prefix(1);
  if (!two_digits(minutes)) return false;
  if (minutes > 59) return refuse(out_of_range);
  offset = hours * 3600 + minutes * 60;
  if (negative) offset = -offset;
  return true;
}

AUDITOR_DECL bool time_reader::two_digits(std::int64_t& value) {
  if (rest_.size() < 2) return refuse(too_short);
  if (!is_digit(rest_[0]) || !is_digit(rest_[1])) return refuse(invalid);
  return number(value, 2);
}

AUDITOR_DECL std::optional<stored_time> to_stored(moment t) noexcept {
  std::int64_t seconds = t.seconds - year_2000 + t.nanoseconds / 1'000'000'000;
  std::int64_t nanoseconds = t.nanoseconds % 1'000'000'000;
  if (seconds < 0 && nanoseconds > 0) {
    ++seconds;
    nanoseconds -= 1'000'000'000;
  }
  const std::int64_t microseconds = seconds * 1'000'000 + nanoseconds / 1000;
  if (microseconds < -211'813'488'000'000'000) return std::nullopt;
  return microseconds + year_2000 * 1'000'000;
}

AUDITOR_DECL moment to_moment(stored_time t) noexcept {
  const std::int64_t seconds = floor_divide(t, 1'000'000);
  return {seconds, (t - seconds * 1'000'000) * 1000};
}

AUDITOR_DECL std::int64_t runtime_of(moment start, moment stop) noexcept {
  const std::int64_t start_day = floor_divide(start.seconds, seconds_a_day);
  const std::int64_t stop_day = floor_divide(stop.seconds, seconds_a_day);
  const std::int64_t in_day = (stop.seconds - stop_day * seconds_a_day) - (start.seconds - start_day * seconds_a_day);
  constexpr std::int64_t leap = 1'000'000'000;
  std::int64_t seconds = (stop_day - start_day) * seconds_a_day + in_day;
  if (in_day > 0 && start.nanoseconds >= leap) ++seconds;
  if (in_day < 0 && stop.nanoseconds >= leap) --seconds;
  const std::int64_t nanoseconds = stop.nanoseconds - start.nanoseconds;
  seconds += floor_divide(nanoseconds, leap);
  const bool fraction = nanoseconds % leap != 0;
  return seconds < 0 && fraction ? seconds + 1 : seconds;
}

AUDITOR_DECL std::string print_time(stored_time t) {
  const moment value = to_moment(t);
  const std::int64_t days = floor_divide(value.seconds, seconds_a_day);
  const std::int64_t in_day = value.seconds - days * seconds_a_day;
  std::int64_t year = 1970 + floor_divide(days * 400, 146'097);
  while (days_before(year, 1, 1) > days) --year;
  while (days_before(year + 1, 1, 1) <= days) ++year;
  std::int64_t day = days - days_before(year, 1, 1) + 1;
  unsigned month = 1;
  for (; day > days_in(year, month); ++month) day -= days_in(year, month);

  char text[64];
  const auto as_long = [](std::int64_t n) { return static_cast<long long>(n); };
  const char* const date =
      year >= 0 && year <= 9999 ? "%04lld-%02u-%02lldT%02lld:%02lld:%02lld" : "%+05lld-%02u-%02lldT%02lld:%02lld:%02lld";
  std::snprintf(text, sizeof text, date, as_long(year), month, as_long(day), as_long(in_day / 3600),
                as_long(in_day / 60 % 60), as_long(in_day % 60));
  std::string printed = text;
  const std::int64_t microseconds = value.nanoseconds / 1000;
  if (microseconds % 1000 != 0)
    std::snprintf(text, sizeof text, ".%06lld", as_long(microseconds));
  else if (microseconds != 0)
    std::snprintf(text, sizeof text, ".%03lld", as_long(microseconds / 1000));
  else
    text[0] = '\0';
  return printed + text + "Z";
}

}  // namespace detail::sandboxed
}  // namespace AUDITOR_ABI
}  // namespace auditor
