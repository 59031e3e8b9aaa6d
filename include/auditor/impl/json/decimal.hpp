// A number of JSON taken apart into digits and a power of ten.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/config.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

// digits * 10^exponent; `digits` holds the first 19 that count.
struct decimal {
  static constexpr std::size_t most_digits = 19;

  std::uint64_t digits = 0;
  std::int64_t exponent = 0;
  std::size_t count = 0;  // of the digits, leading zeros left out
  std::size_t taken = 0;  // what of the text is in `digits`
  bool negative = false;
  bool integral = true;  // neither fraction nor exponent
};

// Of a checked number.
constexpr decimal take_apart(std::string_view text) noexcept {
  decimal number;
  std::size_t at = 0;
  const auto digit = [&] { return at < text.size() && text[at] >= '0' && text[at] <= '9'; };
  const auto take = [&](bool of_fraction) {
    const auto value = static_cast<std::uint64_t>(text[at++] - '0');
    if (number.count < decimal::most_digits) {
      number.digits = number.digits * 10 + value;
      number.taken = at;
      if (of_fraction) --number.exponent;
    } else if (!of_fraction) {
      ++number.exponent;
    }
    if (number.count != 0 || value != 0) ++number.count;
  };
  if (text[at] == '-') {
    number.negative = true;
    ++at;
  }
  while (digit()) take(false);
  number.integral = at == text.size();
  if (at < text.size() && text[at] == '.')
    for (++at; digit();) take(true);
  if (at < text.size()) {  // 'e'
    ++at;
    const bool negative = text[at] == '-';
    if (negative || text[at] == '+') ++at;
    std::int64_t exponent = 0;
    while (digit()) {
      const auto value = static_cast<std::int64_t>(text[at++] - '0');
      if (exponent < 1'000'000'000'000) exponent = exponent * 10 + value;
    }
    number.exponent += negative ? -exponent : exponent;
  }
  return number;
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
