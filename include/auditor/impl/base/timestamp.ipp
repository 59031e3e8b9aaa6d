// Bodies of base/timestamp.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/timestamp.hpp>
#include <auditor/impl/base/divide.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

// "00" "01" ... "99"
struct digit_pairs {
  char text[200]{};
  constexpr digit_pairs() noexcept {
    for (int i = 0; i < 100; ++i) {
      text[2 * i] = static_cast<char>('0' + i / 10);
      text[2 * i + 1] = static_cast<char>('0' + i % 10);
    }
  }
};

inline constexpr digit_pairs timestamp_digits;

AUDITOR_DECL char* write_pair(char* to, std::uint32_t number) noexcept {
  if constexpr (compact) {
    to[0] = static_cast<char>('0' + number / 10);
    to[1] = static_cast<char>('0' + number % 10);
  } else {
    std::memcpy(to, timestamp_digits.text + 2 * number, 2);
  }
  return to + 2;
}

}  // namespace detail

AUDITOR_DECL std::size_t write_timestamp(timestamp moment, char* to) noexcept {
  // Before 1970 the same counted backwards, from the last microsecond of 1969.
  const std::int64_t count = moment.time_since_epoch().count();
  const bool past = count < 0;
  auto rest = static_cast<std::uint64_t>(past ? ~count : count);
  std::uint32_t micros = detail::divide(rest, model_detail::microseconds_a_second);
  std::uint32_t second_of_day = detail::divide(rest, model_detail::seconds_a_day);
  auto days = static_cast<std::int64_t>(rest);
  if (past) {
    micros = model_detail::microseconds_a_second - 1 - micros;
    second_of_day = model_detail::seconds_a_day - 1 - second_of_day;
    days = ~days;
  }
  const model_detail::civil_day date = model_detail::civil_from_days(days);

  char* at = to;
  auto year = static_cast<std::uint32_t>(date.year < 0 ? -date.year : date.year);
  if (date.year < 0 || date.year > 9999) {
    *at++ = date.year < 0 ? '-' : '+';
    if (year >= 100'000) *at++ = static_cast<char>('0' + year / 100'000);
    if (year >= 10'000) *at++ = static_cast<char>('0' + year / 10'000 % 10);
    year %= 10'000;
  }
  at = detail::write_pair(at, year / 100);
  at = detail::write_pair(at, year % 100);
  *at++ = '-';
  at = detail::write_pair(at, date.month);
  *at++ = '-';
  at = detail::write_pair(at, date.day);
  *at++ = 'T';
  at = detail::write_pair(at, second_of_day / 3600);
  *at++ = ':';
  at = detail::write_pair(at, second_of_day / 60 % 60);
  *at++ = ':';
  at = detail::write_pair(at, second_of_day % 60);
  if (micros != 0) {
    *at++ = '.';
    at = detail::write_pair(at, micros / 10'000);
    const std::uint32_t low = micros % 10'000;  // the digits 3 to 6
    if (micros % 1'000 == 0) {
      *at++ = static_cast<char>('0' + low / 1'000);
    } else {
      at = detail::write_pair(at, low / 100);
      at = detail::write_pair(at, low % 100);
    }
  }
  *at++ = 'Z';
  return static_cast<std::size_t>(at - to);
}

AUDITOR_DECL std::string to_string(timestamp moment) {
  char text[timestamp_capacity];
  return {text, write_timestamp(moment, text)};
}

AUDITOR_DECL result<timestamp> parse_timestamp(model_detail::borrowed_text text) {
  timestamp parsed;
  const detail::timestamp_fault fault = detail::read_timestamp(text, parsed);
  if (fault.words == nullptr) return parsed;
  error e(errc::invalid_argument, "not a time of RFC 3339: ");
  e.more(fault.words).more(" at byte ").more(std::uint64_t{fault.offset});
  e.offset = fault.offset;
  return e;
}

}  // namespace AUDITOR_ABI
}  // namespace auditor
