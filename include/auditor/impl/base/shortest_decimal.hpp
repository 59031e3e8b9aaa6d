// The shortest decimal that reads back as a double, by long integers alone: for images that have no room for tables.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/impl/base/long_integer.hpp>

#include <cstddef>
#include <cstdint>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

// The digits of a double and where its point is: 0.d1d2d3... * 10^point.
struct short_decimal {
  char digits[17];
  int count;
  int point;
};

// Of the bits of a finite double without its sign. Of several shortest ones the nearest, and of two as near the even one.
//
// Digits of value / unit are taken until what is left is less than half the distance to a neighbour: then the neighbours'
// decimals begin otherwise, and whoever reads this one rounds to the value.
AUDITOR_CALLED_ONCE constexpr short_decimal shortest_decimal(std::uint64_t bits) noexcept {
  constexpr std::uint64_t hidden_bit = std::uint64_t{1} << 52;
  short_decimal to;
  if (bits == 0) {
    to.digits[0] = '0';
    to.count = to.point = 1;
    return to;
  }
  auto exponent = static_cast<int>(bits >> 52);
  std::uint64_t mantissa = bits & (hidden_bit - 1);
  const bool below_is_nearer = mantissa == 0;
  const int touches = mantissa % 2 == 0 ? 1 : 0;  // readers round what lies in the middle to the even one
  if (exponent != 0) {
    mantissa |= hidden_bit;
    --exponent;
  }

  // A power of ten above all doubles of this exponent, and not far; 78913 / 2^18 is log10(2), close enough for every exponent.
  int point = (((exponent - 1022) * 78'913) >> 18) + 2;
  exponent -= 1074 + point;  // of two, for 10^point is 5^point * 2^point

  const long_arithmetic with(static_cast<unsigned>(exponent < 0 ? -exponent : exponent) / 32 + 3);
  long_integer value, unit, half;  // half the distance to the double above
  with.set(value, 2 * mantissa, -point, exponent);
  with.set(half, 1, -point, exponent);
  with.set(unit, 2, point, -exponent);
  int count = 0;
  for (bool low = false, high = false; !low && !high;) {
    with.multiply(value, 10);
    with.multiply(half, 10);
    int digit = with.divide(value, unit);
    low = with.compare(value, half, below_is_nearer ? &value : nullptr) < touches;
    high = with.compare(value, unit, &half) > -touches;
    if (low ? with.compare(value, unit, &value) > -(digit % 2) : high) ++digit;
    if (digit == 0 && count == 0)
      --point;
    else
      to.digits[count++] = static_cast<char>('0' + digit);
  }
  to.count = count;
  to.point = point;
  return to;
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
