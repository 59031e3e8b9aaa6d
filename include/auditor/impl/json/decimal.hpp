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
  number.negative = text[0] == '-';
  std::size_t at = number.negative ? 1 : 0;
  int of_fraction = 0;
  for (; at < text.size() && text[at] != 'e' && text[at] != 'E'; ++at) {
    if (text[at] == '.') {
      of_fraction = 1;
      continue;
    }
    const auto value = static_cast<std::uint32_t>(text[at] - '0');
    const bool full = number.count >= decimal::most_digits;
    if (!full) {
      number.digits = number.digits * 10 + value;
      number.taken = at + 1;
    }
    number.exponent += (full ? 1 : 0) - of_fraction;
    if (number.count != 0 || value != 0) ++number.count;
  }
  number.integral = of_fraction == 0 && at == text.size();
  if (at < text.size()) {  // 'e'
    ++at;
    const bool negative = text[at] == '-';
    if (negative || text[at] == '+') ++at;
    std::int64_t exponent = 0;
    for (; at < text.size(); ++at) {
      if (exponent < 1'000'000'000'000) exponent = exponent * 10 + (text[at] - '0');
    }
    number.exponent += negative ? -exponent : exponent;
  }
  return number;
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
