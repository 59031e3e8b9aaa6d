// Retry-After as seconds: both of its forms, clamped, and nothing taken from nonsense.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/config.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

// Seconds since 1970 of an IMF-fixdate, `Sun, 06 Nov 1994 08:49:37 GMT`: the only form that HTTP lets a sender write.
constexpr std::optional<std::int64_t> parse_http_date(std::string_view text) noexcept {
  constexpr std::string_view shape = "aaa, 00 aaa 0000 00:00:00 GMT";
  constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
  if (text.size() != shape.size()) return std::nullopt;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const char c = text[i];
    const bool digit = c >= '0' && c <= '9';
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (shape[i] == '0' ? !digit : shape[i] == 'a' ? !letter : c != shape[i]) return std::nullopt;
  }
  const auto number = [text](std::size_t first, std::size_t count) {
    int value = 0;
    for (const char c : text.substr(first, count)) value = value * 10 + (c - '0');
    return value;
  };
  const std::size_t month = months.find(text.substr(8, 3));
  if (month == std::string_view::npos || month % 3 != 0) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(number(12, 4)),
                                         std::chrono::month(static_cast<unsigned>(month / 3 + 1)),
                                         std::chrono::day(static_cast<unsigned>(number(5, 2)))};
  const int hour = number(17, 2), minute = number(20, 2), second = number(23, 2);
  if (!date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  return ((days * 24 + hour) * 60 + minute) * 60 + second;
}

// `date`: the answer's own Date, so that the two clocks need not agree; `now`: ours, for an answer without one.
constexpr std::int32_t parse_retry_after(std::string_view text, std::string_view date, std::int64_t now) noexcept {
  constexpr std::int64_t most = 3600;
  if (text.empty()) return -1;
  std::int64_t seconds = 0;
  if (std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; })) {
    for (const char c : text) seconds = (std::min)(seconds * 10 + (c - '0'), most);
  } else if (const auto moment = parse_http_date(text)) {
    seconds = *moment - parse_http_date(date).value_or(now);
  } else {
    return -1;
  }
  return static_cast<std::int32_t>(std::clamp(seconds, std::int64_t{0}, most));
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
