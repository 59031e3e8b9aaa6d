// The double nearest to a decimal number, for standard libraries that have no std::from_chars for it: exact, without heap and locale.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/config.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

// A natural number of up to 4,096 bits, more than `exact_double` comes to: 10^1125 has 3,738.
class big_natural {
 public:
  explicit constexpr big_natural(std::uint32_t value) noexcept { multiply_add(0, value); }

  constexpr void multiply_add(std::uint32_t factor, std::uint32_t summand) noexcept {
    std::uint64_t carry = summand;
    for (std::size_t i = 0; i < size_; ++i) {
      carry += std::uint64_t{words_[i]} * factor;
      words_[i] = static_cast<std::uint32_t>(carry);
      carry >>= 32;
    }
    if (carry != 0) words_[size_++] = static_cast<std::uint32_t>(carry);
    while (size_ != 0 && words_[size_ - 1] == 0) --size_;
  }
  constexpr void multiply_by_power_of_ten(std::int64_t exponent) noexcept {
    for (; exponent >= 9; exponent -= 9) multiply_add(1'000'000'000, 0);
    for (; exponent > 0; --exponent) multiply_add(10, 0);
  }
  constexpr void shift_left(std::int64_t bits) noexcept {
    const auto words = static_cast<std::size_t>(bits / 32);
    if (words != 0) {
      for (std::size_t i = size_; i-- > 0;) words_[i + words] = words_[i];
      std::fill_n(words_.begin(), words, 0u);
      size_ += words;
    }
    if (bits % 32 != 0) multiply_add(std::uint32_t{1} << (bits % 32), 0);
  }
  constexpr void subtract(const big_natural& smaller) noexcept {
    std::uint64_t borrow = 0;
    for (std::size_t i = 0; i < size_; ++i) {
      const std::uint64_t taken = borrow + (i < smaller.size_ ? smaller.words_[i] : 0u);
      borrow = words_[i] < taken ? 1 : 0;
      words_[i] = static_cast<std::uint32_t>(words_[i] - taken);
    }
    while (size_ != 0 && words_[size_ - 1] == 0) --size_;
  }

  // The number of its bits; 0 of zero.
  constexpr std::int64_t width() const noexcept {
    return size_ == 0 ? 0 : static_cast<std::int64_t>(size_ * 32) - std::countl_zero(words_[size_ - 1]);
  }
  // Less than 0, 0, greater than 0: as this is to the other.
  constexpr int compare(const big_natural& other) const noexcept {
    if (size_ != other.size_) return size_ < other.size_ ? -1 : 1;
    for (std::size_t i = size_; i-- > 0;)
      if (words_[i] != other.words_[i]) return words_[i] < other.words_[i] ? -1 : 1;
    return 0;
  }

 private:
  std::array<std::uint32_t, 128> words_{};  // the lowest first
  std::size_t size_ = 0;                    // without leading zeros
};

// Of a checked number, without its sign; `point` says where its decimal point is: 0.d1d2d3... * 10^point, d1 not zero. Rounds
// to the nearest double, and of two as near to the even one. False: beyond the largest double.
//
// The number is a quotient of two integers, and its bits are those of a long division.
constexpr bool exact_double(std::string_view text, std::int64_t point, double& to) noexcept {
  // No double and no middle of two has more than 768 digits: whatever follows makes a number greater, but never equal.
  constexpr std::int64_t enough_digits = 800;
  constexpr std::int64_t precision = 53, least_exponent = -1022, greatest_exponent = 1023;
  to = 0;
  if (point > 309) return false;
  if (point < -323) return true;

  big_natural numerator(0), denominator(1);
  std::int64_t digits = 0;
  bool more = false;
  for (const char c : text) {
    if (c == 'e' || c == 'E') break;
    if (c < '0' || c > '9' || (digits == 0 && c == '0')) continue;
    if (digits == enough_digits) {
      more = more || c != '0';
    } else {
      numerator.multiply_add(10, static_cast<std::uint32_t>(c - '0'));
      ++digits;
    }
  }
  if (more) {
    numerator.multiply_add(10, 1);
    ++digits;
  }
  numerator.multiply_by_power_of_ten(point - digits);
  denominator.multiply_by_power_of_ten(digits - point);

  // Scaled until the quotient is 1.something, times 2^exponent.
  std::int64_t exponent = numerator.width() - denominator.width();
  if (exponent > 0) denominator.shift_left(exponent);
  if (exponent < 0) numerator.shift_left(-exponent);
  if (numerator.compare(denominator) < 0) {
    numerator.shift_left(1);
    --exponent;
  }
  if (exponent > greatest_exponent) return false;
  const bool is_normal = exponent >= least_exponent;
  const std::int64_t bits = is_normal ? precision : precision - (least_exponent - exponent);
  if (bits < 0) return true;

  std::uint64_t mantissa = 0;
  for (std::int64_t i = 0; i < bits; ++i) {
    mantissa *= 2;
    if (numerator.compare(denominator) >= 0) {
      numerator.subtract(denominator);
      ++mantissa;
    }
    numerator.shift_left(1);
  }
  const int rest = numerator.compare(denominator);  // as against one half
  if (rest > 0 || (rest == 0 && mantissa % 2 != 0)) ++mantissa;

  // The highest bit of a normal number is not stored: it adds one to the exponent's field. So does what rounding carried.
  std::uint64_t pattern = mantissa;
  if (is_normal) pattern += static_cast<std::uint64_t>(exponent - least_exponent) << (precision - 1);
  to = std::bit_cast<double>(pattern);
  constexpr std::uint64_t infinity = std::uint64_t{0x7FF} << (precision - 1);
  return pattern < infinity;
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
