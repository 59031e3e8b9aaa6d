// The double nearest to a decimal by small integers alone, for images without room for tables and libraries without from_chars.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/impl/json/decimal.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

inline constexpr std::uint64_t infinite_double = std::uint64_t{0x7FF} << 52;

// The bits of the double nearest to a number whose text is still there, and of two as near of the even one;
// without its sign. Those of infinity or above: it is beyond the largest.
//
// Its digits make a binary number of fixed point: those before the decimal point from the first on, each added to ten times what
// was there; those behind it from the last on, of each and what was there a tenth. What that loses is less than one unit of the last
// bit, however often: it only matters whether it is nothing.
constexpr std::uint64_t exact_double(const decimal& number) noexcept {
  constexpr int precision = 53, least_exponent = -1022, most_point = 309, least_point = -323;
  const auto count = static_cast<std::ptrdiff_t>(number.count);
  const auto digit = [&number, count](std::ptrdiff_t i) -> std::uint32_t {
    if (i < 0 || i >= count) return 0;
    const char* const at = number.first + i;
    return static_cast<std::uint32_t>((at < number.point || number.first > number.point ? *at : at[1]) - '0');
  };
  // How many digits are before the decimal point, from the first that is not zero on; if negative, how many zeros behind it.
  const std::ptrdiff_t point = number.exponent + (std::min)(count, static_cast<std::ptrdiff_t>(decimal::most_digits));
  if (count == 0 || point < least_point) return 0;
  if (point > most_point) return infinite_double;

  // Of 16 bits, so that no step needs more than 32; the highest first. 5 / 24 of one, 3.33 bits, are more than a digit before the point
  // fills (3.322); 4 behind it, 64 bits, more than the 53 of a number of 1 or above; 68, 1,088 bits, go beyond the smallest double, 2^-1074.
  constexpr int most_words = most_point * 5 / 24 + 1 + 4, bits_of_word = 16;
  std::uint16_t words[most_words] = {};
  const int whole = point > 0 ? static_cast<int>(point) * 5 / 24 + 1 : 0;
  const int end = point > 0 ? whole + 4 : 68;
  // With as many digits behind the point as bits, what follows changes none of these.
  constexpr std::ptrdiff_t enough = most_words * bits_of_word;
  bool lost = false;
  for (std::ptrdiff_t i = (std::max)(count, point); i-- > point;) {
    std::uint32_t rest = digit(i);
    for (int w = i < point + enough ? whole : end; w < end; ++w) {
      rest = rest << bits_of_word | words[w];
      words[w] = static_cast<std::uint16_t>(rest / 10);
      rest %= 10;
    }
    lost = lost || rest != 0;
  }
  // The first ones of them, each times so much; returns what leaves them at their front.
  const auto multiply = [&words](int used, std::uint32_t by, std::uint32_t carry) {
    for (int w = used; w-- > 0; carry >>= bits_of_word) {
      carry += words[w] * by;
      words[w] = static_cast<std::uint16_t>(carry);
    }
    return carry;
  };
  for (std::ptrdiff_t i = 0; i < point; ++i) multiply(whole, 10, digit(i));

  int exponent = whole * bits_of_word - 1;  // of the first bit that counts
  std::uint64_t mantissa = 0;
  for (int bits = 0; bits <= precision;) {
    mantissa = mantissa * 2 + multiply(end, 2, 0);
    if (mantissa != 0 || exponent == least_exponent)
      ++bits;
    else
      --exponent;
  }
  const bool has_half = mantissa % 2 != 0;  // of a unit
  mantissa /= 2;
  if (has_half) {
    lost = lost || mantissa % 2 != 0;
    for (const std::uint16_t word : words) lost = lost || word != 0;
    if (lost) ++mantissa;
  }
  // The highest bit of a normal number is not stored: it adds one to the exponent's field. So does what rounding carried.
  return mantissa + (static_cast<std::uint64_t>(exponent - least_exponent) << (precision - 1));
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
