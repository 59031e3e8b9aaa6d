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

template <int Count>
char* write_digits(char* to, std::uint32_t number) noexcept {
  if constexpr (compact) return write_digits_one_by_one(to, number, Count);
  if constexpr (Count == 1) {
    *to = static_cast<char>('0' + number);
    return to + 1;
  }
  if constexpr (Count > 2) {
    to = write_digits<Count - 2>(to, number / 100);
    number %= 100;
  }
  std::memcpy(to, timestamp_digits.text + 2 * number, 2);
  return to + 2;
}

AUDITOR_DECL char* write_pair(char* to, std::uint32_t number) noexcept { return write_digits<2>(to, number); }

// Two digits and what is before them.
inline char* write_part(char* to, char before, std::uint32_t number) noexcept {
  *to = before;
  return write_pair(to + 1, number);
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
  const auto signed_year = static_cast<std::int32_t>(date.year);
  const auto year = static_cast<std::uint32_t>(signed_year < 0 ? -signed_year : signed_year);
  if (signed_year < 0 || year > 9999) *at++ = signed_year < 0 ? '-' : '+';
  at = year < 10'000    ? detail::write_digits<4>(at, year)
       : year < 100'000 ? detail::write_digits<5>(at, year)
                        : detail::write_digits<6>(at, year);
  at = detail::write_part(at, '-', date.month);
  at = detail::write_part(at, '-', date.day);
  at = detail::write_part(at, 'T', second_of_day / 3600);
  at = detail::write_part(at, ':', second_of_day / 60 % 60);
  at = detail::write_part(at, ':', second_of_day % 60);
  if (micros != 0) {
    *at++ = '.';
    at = micros % 1'000 == 0 ? detail::write_digits<3>(at, micros / 1'000) : detail::write_digits<6>(at, micros);
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
