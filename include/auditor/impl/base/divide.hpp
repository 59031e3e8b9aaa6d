// Division of 64-bit numbers by small ones, for processors of 32 bits, whose libraries bring much code for it.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/config.hpp>

#include <cstdint>

namespace auditor {
inline namespace AUDITOR_MODEL_ABI {
namespace model_detail {

// Leaves the quotient and returns the remainder, by a byte at a time. `by` is less than 2^24.
constexpr std::uint32_t divide_in_steps(std::uint64_t& number, std::uint32_t by) noexcept {
  std::uint64_t quotient = 0;
  std::uint32_t rest = 0;
  for (int i = 0; i < 8; ++i) {
    rest = rest << 8 | static_cast<std::uint32_t>(number >> 56);
    number <<= 8;
    quotient = quotient << 8 | rest / by;
    rest %= by;
  }
  number = quotient;
  return rest;
}

// The digits of a number before `end`, at most 20; returns the first.
constexpr char* write_digits_before(char* end, std::uint64_t number) noexcept {
  do *--end = static_cast<char>('0' + divide_in_steps(number, 10));
  while (number != 0);
  return end;
}

// So many digits; returns what is behind them.
constexpr char* write_digits_one_by_one(char* to, std::uint32_t number, int count) noexcept {
  for (int i = count; i-- > 0; number /= 10) to[i] = static_cast<char>('0' + number % 10);
  return to + count;
}

// The remainder alone, by a bit at a time. `by` is at most 2^63.
constexpr std::uint64_t remainder_in_steps(std::uint64_t number, std::uint64_t by) noexcept {
  std::uint64_t rest = 0;
  for (int i = 0; i < 64; ++i) {
    rest = rest << 1 | number >> 63;
    number <<= 1;
    if (rest >= by) rest -= by;
  }
  return rest;
}

}  // namespace model_detail
}  // namespace AUDITOR_MODEL_ABI
inline namespace AUDITOR_ABI {
namespace detail {

constexpr std::uint32_t divide(std::uint64_t& number, std::uint32_t by) noexcept {
  if constexpr (compact) return divide_in_steps(number, by);
  const auto rest = static_cast<std::uint32_t>(number % by);
  number /= by;
  return rest;
}

constexpr std::uint64_t remainder(std::uint64_t number, std::uint64_t by) noexcept {
  return compact ? remainder_in_steps(number, by) : number % by;
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
