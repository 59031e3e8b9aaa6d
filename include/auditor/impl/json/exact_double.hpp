// The double nearest to a decimal by long integers alone, for images without room for tables and libraries without from_chars.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/impl/base/long_integer.hpp>
#include <auditor/impl/json/decimal.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

inline constexpr std::uint64_t infinite_double = std::uint64_t{0x7FF} << 52;

// As exact_double's remainder is to one half, where the first digits leave it at one half or below: what is missing, in units of the
// last of those digits, compared with what the others add.
constexpr int compare_rest(std::string_view digits, const long_arithmetic& with, long_integer& missing,
                           const long_integer& unit) noexcept {
  for (const char c : digits) {
    if (c == 'e' || c == 'E') break;
    if (c == '.') continue;
    with.multiply(missing, 10);
    const int more = c - '0' - with.divide(missing, unit);
    if (more != 0) return more;
  }
  return -with.compare(unit, unit, &missing);  // 0, or less
}

// The bits of the double nearest to a checked number that is not zero, and of two as near of the even one; without its sign.
// Those of infinity or above: it is beyond the largest.
//
// The number is a quotient of two integers, and its bits are those of a long division. Digits behind the first 19 are looked
// at only where those leave two doubles: there can be any number of them.
constexpr std::uint64_t exact_double(const decimal& number, std::string_view text) noexcept {
  constexpr int precision = 53, least_exponent = -1022;
  if (number.exponent > 308) return infinite_double;
  if (number.exponent < -342) return 0;

  // 10^power is 5^power * 2^power. Of the latter only the exponent knows.
  const auto power = static_cast<int>(number.exponent);
  const auto magnitude = static_cast<unsigned>(power < 0 ? -power : power);
  const long_arithmetic with((100 * 64 + magnitude * 149) / (32 * 64));  // 149 / 64 bits are a digit of five
  // Scaled until the quotient is 1.something, times 2^exponent. 152170 / 2^16 is log2(5).
  const int shift = 64 + ((power * 152'170) >> 16);
  int exponent = shift + power;
  std::uint64_t digits = number.digits;
  for (; digits >> 63 == 0; digits *= 2) --exponent;
  long_integer numerator, denominator;
  with.set(numerator, digits, power, -shift);
  with.set(denominator, 1, -power, shift);
  if (with.compare(numerator, denominator) < 0) {
    with.multiply(numerator, 2);
    --exponent;
  }
  const int field = (std::max)(exponent - least_exponent, 0);  // of a normal number, less one
  const int bits = precision + (std::min)(exponent - least_exponent, 0);
  if (bits < 0) return 0;

  std::uint64_t mantissa = 0;
  for (int i = 0; i < bits; ++i) {
    mantissa = mantissa * 2 + static_cast<std::uint64_t>(with.divide(numerator, denominator));
    with.multiply(numerator, 2);
  }
  int rest = with.compare(numerator, denominator);  // as against one half
  if (rest <= 0 && number.count > decimal::most_digits) {
    with.subtract(denominator, numerator);
    with.set(numerator, 1, power, power + bits + (std::max)(shift, 0) - exponent);
    rest = compare_rest({text.data() + number.taken, text.size() - number.taken}, with, denominator, numerator);
  }
  if (rest >= (mantissa % 2 == 0 ? 1 : 0)) ++mantissa;

  // The highest bit of a normal number is not stored: it adds one to the exponent's field. So does what rounding carried.
  return mantissa + (static_cast<std::uint64_t>(field) << (precision - 1));
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
