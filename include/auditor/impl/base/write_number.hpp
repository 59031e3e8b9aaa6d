// Numbers as text: integers, and doubles in the fewest digits that read back, as nlohmann/json prints them.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/timestamp.hpp>
#include <auditor/impl/base/divide.hpp>
#include <auditor/impl/base/shortest_decimal.hpp>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

// Bits instead of std::isfinite, which -ffast-math takes for true; and those of a number in memory, because clang takes for finite
// what is passed by value.
constexpr bool is_finite(const double& value) noexcept {
  constexpr std::uint64_t exponent = std::uint64_t{0x7FF} << 52;
  return (std::bit_cast<std::uint64_t>(value) & exponent) != exponent;
}

constexpr std::size_t count_digits(std::uint64_t value) noexcept {
  std::size_t count = 1;
  for (; value >= 10'000; value /= 10'000) count += 4;
  return count + (value >= 10 ? 1u : 0u) + (value >= 100 ? 1u : 0u) + (value >= 1'000 ? 1u : 0u);
}

// Before `end`, at most 20 characters; returns the first.
inline char* write_integer_before(char* end, std::int64_t value) noexcept {
  const auto bits = static_cast<std::uint64_t>(value);
  char* first = write_digits_before(end, value < 0 ? 0 - bits : bits);
  if (value < 0) *--first = '-';
  return first;
}

// At most 20 characters.
inline char* write_integer(std::int64_t value, char* to) noexcept {
  if constexpr (compact) {
    char digits[20];
    const char* first = write_integer_before(digits + sizeof digits, value);
    while (first != digits + sizeof digits) *to++ = *first++;
    return to;
  }
  auto rest = static_cast<std::uint64_t>(value);
  if (value < 0) {
    *to++ = '-';
    rest = 0 - rest;
  }
  char* const end = to + count_digits(rest);
  char* p = end;
  for (; rest >= 100; rest /= 100) write_pair(p -= 2, static_cast<std::uint32_t>(rest % 100));
  if (rest >= 10)
    write_pair(p - 2, static_cast<std::uint32_t>(rest));
  else
    *--p = static_cast<char>('0' + rest);
  return end;
}

// The digits of a double as the standard library knows them.
inline short_decimal printed_decimal(double value) noexcept {
  char text[32];
  const std::to_chars_result printed = std::to_chars(text, text + sizeof text, value, std::chars_format::scientific);
  const char* e = printed.ptr;
  while (*--e != 'e') {
  }
  short_decimal to;
  to.count = e - text == 1 ? 1 : static_cast<int>(e - text) - 1;  // a point is behind the first digit of several
  to.digits[0] = text[0];
  std::memcpy(to.digits + 1, text + 2, static_cast<std::size_t>(to.count - 1));
  int exponent = 0;
  std::from_chars(e[1] == '+' ? e + 2 : e + 1, printed.ptr, exponent);
  to.point = exponent + 1;
  return to;
}

// 1200.0, 12.34, 0.0012, 1.2e+30
AUDITOR_CALLED_ONCE inline char* write_decimal(const short_decimal& number, char* to) noexcept {
  const bool has_exponent = number.point <= -4 || number.point > 15;
  const int point = has_exponent ? 1 : number.point;
  const int end = has_exponent ? number.count : (std::max)(number.count, point + 1);
  const auto put = [&number](char* at, int i, int behind) {
    for (; i < behind; ++i) *at++ = i >= 0 && i < number.count ? number.digits[i] : '0';
    return at;
  };
  to = put(to, (std::min)(point - 1, 0), point);
  if (point < end) {
    *to++ = '.';
    to = put(to, point, end);
  }
  if (!has_exponent) return to;
  const int exponent = number.point - 1;
  *to++ = 'e';
  *to++ = exponent < 0 ? '-' : '+';
  const auto magnitude = static_cast<std::uint32_t>(exponent < 0 ? -exponent : exponent);
  if constexpr (compact) return write_digits_one_by_one(to, magnitude, magnitude < 100 ? 2 : 3);
  if (magnitude >= 100) *to++ = static_cast<char>('0' + magnitude / 100);
  return write_pair(to, magnitude % 100);
}

// The shortest decimal that reads back as the same double, with a point or an exponent. At most 32 characters; finite.
inline char* write_double(double value, char* to) noexcept {
  const auto bits = std::bit_cast<std::uint64_t>(value);
  if (bits >> 63 != 0) {
    *to++ = '-';
    value = -value;
  }
  if constexpr (compact) return write_decimal(shortest_decimal(bits << 1 >> 1), to);
  // Scores are decimals of a few digits, so try these first: with 15 digits or fewer, the decimal that gives this double
  // back is the only one of its length.
  if (value < 1e12) {
    const double thousandths = value * 1000;
    const auto rounded = static_cast<std::int64_t>(thousandths + 0.5);
    if (static_cast<double>(rounded) / 1000 == value) {
      to = write_integer(rounded / 1000, to);
      const auto part = static_cast<std::uint32_t>(rounded % 1000);
      *to++ = '.';
      *to++ = static_cast<char>('0' + part / 100);
      if (part % 100 == 0) return to;
      write_pair(to, part % 100);
      return to + (part % 10 == 0 ? 1 : 2);
    }
  }
  return write_decimal(printed_decimal(value), to);
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
