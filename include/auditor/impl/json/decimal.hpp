// A number of JSON taken apart into digits and a power of ten.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/config.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

// digits * 10^exponent; `digits` holds the first 19 that count, leading zeros left out: as many as always fit 64 bits.
struct decimal {
  static constexpr std::size_t most_digits = 19;

  std::uint64_t digits = 0;
  std::ptrdiff_t exponent = 0;
  std::size_t count = 0;        // of all digits that count, in front of the point and behind it; 0: the number is 0
  const char* first = nullptr;  // of these, in the text
  const char* point = nullptr;  // where the point is, or would be: behind the digits of the integer
  bool negative = false;
  bool fractional = false;  // has a fraction or an exponent
};

// Reads a number, strictly; returns what is behind it. Or it gives the rule that is broken there: at the end of the text the rest of a
// number may still come.
constexpr const char* read_decimal(const char* p, const char* end, decimal& to, const char*& broken) noexcept {
  // One digit more cannot overflow, nor what the digits of the fraction add to it.
  constexpr std::ptrdiff_t largest_exponent = (std::numeric_limits<std::ptrdiff_t>::max)() / 100;
  std::ptrdiff_t exponent = 0;
  std::size_t count = 0;
  enum : unsigned { integer, fraction, power } part = integer;
  bool is_exponent_negative = false;
  if (p != end && *p == '-') {
    to.negative = true;
    ++p;
  }
  for (const char* start = p;; start = p) {
    for (; p != end && *p >= '0' && *p <= '9'; ++p) {
      const auto value = static_cast<unsigned>(*p - '0');
      if (part == power) {
        if (exponent < largest_exponent) exponent = exponent * 10 + static_cast<std::ptrdiff_t>(value);
        continue;
      }
      if (count < decimal::most_digits) {
        to.digits = to.digits * 10 + value;
        if (part == fraction) --to.exponent;
      } else if (part == integer) {
        ++to.exponent;
      }
      if (count == 0 && value == 0) continue;
      if (count++ == 0) to.first = p;
    }
    if (p == start) {
      broken = "expected a digit";
      return p;
    }
    if (part == integer) {
      if (*start == '0' && p - start > 1) {
        broken = "a number must not begin with 0";
        return start;
      }
      to.point = p;
    }
    if (p == end || part == power) break;
    if (*p == '.' && part == integer) {
      part = fraction;
    } else if (*p == 'e' || *p == 'E') {
      part = power;
      if (p + 1 != end && (p[1] == '+' || p[1] == '-')) is_exponent_negative = *++p == '-';
    } else {
      break;
    }
    ++p;
  }
  to.count = count;
  to.fractional = part != integer;
  to.exponent += is_exponent_negative ? -exponent : exponent;
  return p;
}

// Of a checked number.
constexpr decimal take_apart(std::string_view text) noexcept {
  decimal number;
  const char* broken = nullptr;
  read_decimal(text.data(), text.data() + text.size(), number, broken);
  return number;
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
