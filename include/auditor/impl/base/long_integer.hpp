// Natural numbers of up to 896 bits with what doubles and decimals need of them: no table, no division, no heap.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/config.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

// Words of 32 bits, the lowest first. What lies behind those of the calculation is never looked at.
using long_integer = std::array<std::uint32_t, 28>;

// The numbers of one calculation have one length, which whoever begins it chooses so that no carry leaves it: short for the
// numbers that people write.
class long_arithmetic {
 public:
  explicit constexpr long_arithmetic(std::size_t words) noexcept : words_(words) {}

  // value * 5^fives * 2^twos. A negative power belongs to the other side of a quotient, and is left out.
  [[gnu::noinline]] constexpr void set(long_integer& to, std::uint64_t value, int fives, int twos) const noexcept {
    twos = (std::max)(twos, 0);
    for (std::size_t i = 0; i < words_; ++i) {
      to[i] = 0;
      if (i < static_cast<unsigned>(twos) / 32) continue;
      to[i] = static_cast<std::uint32_t>(value);
      value >>= 32;
    }
    multiply(to, std::uint32_t{1} << twos % 32);
    for (; fives > 0; --fives) multiply(to, 5);
  }
  constexpr void multiply(long_integer& number, std::uint32_t factor) const noexcept {
    std::uint64_t carry = 0;
    for (std::size_t i = 0; i < words_; ++i) {
      carry += std::uint64_t{number[i]} * factor;
      number[i] = static_cast<std::uint32_t>(carry);
      carry >>= 32;
    }
  }
  // The sign of number + summand - what; only where the numbers are to stay as they are without a place for the result.
  constexpr int compare(const long_integer& number, const long_integer& what, const long_integer* summand = nullptr,
                        long_integer* to = nullptr) const noexcept {
    std::int64_t carry = 0;
    std::uint32_t rest = 0;
    for (std::size_t i = 0; i < words_; ++i) {
      carry += std::int64_t{number[i]} - what[i];
      if (summand != nullptr) carry += (*summand)[i];
      const auto word = static_cast<std::uint32_t>(carry);
      if (to != nullptr) (*to)[i] = word;
      rest |= word;
      carry >>= 32;
    }
    return static_cast<int>(carry) | (rest != 0 ? 1 : 0);
  }
  constexpr void subtract(long_integer& number, const long_integer& smaller) const noexcept {
    compare(number, smaller, nullptr, &number);
  }
  // Leaves the remainder. The quotient, of which nobody wants to know more than that it is 10 or above.
  constexpr int divide(long_integer& number, const long_integer& by) const noexcept {
    int quotient = 0;
    for (; quotient < 10 && compare(number, by) >= 0; ++quotient) subtract(number, by);
    return quotient;
  }

 private:
  std::size_t words_;
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
