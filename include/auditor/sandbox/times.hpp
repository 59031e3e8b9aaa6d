// Times as the server and its database treat them: what they accept, how they store it, how they write it. Sandbox alone.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/sandbox/bodies.hpp>
#include <auditor/sandbox/graphemes.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail::sandboxed {

/// A time of a request, in nanoseconds. In second 60 the server counts on: nanoseconds 1,000,000,000 and more.
struct moment {
  std::int64_t seconds = 0;  ///< since 1970, UTC
  std::int64_t nanoseconds = 0;
};

/// Microseconds since 1970: what the database holds.
using stored_time = std::int64_t;

inline constexpr std::int64_t seconds_a_day = 86'400;
inline constexpr std::int64_t year_2000 = 946'684'800;

inline constexpr std::int64_t floor_divide(std::int64_t a, std::int64_t b) noexcept { return a / b - (a % b < 0 ? 1 : 0); }

inline constexpr std::int64_t days_before(std::int64_t year, unsigned month, unsigned day) noexcept {
  // Years that begin in March put the leap day last.
  const std::int64_t y = month <= 2 ? year - 1 : year;
  const std::int64_t era = floor_divide(y, 400);
  const std::int64_t year_of_era = y - era * 400;
  const std::int64_t day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
  return era * 146'097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719'468;
}

inline constexpr unsigned days_in(std::int64_t year, unsigned month) noexcept {
  const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return month == 2 ? (leap ? 29 : 28) : month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

/// Reads the relaxed RFC 3339 of the server; `problem` has the server's words when it does not like the text.
class time_reader {
 public:
  explicit time_reader(std::string_view text) : rest_(text) {}

  std::optional<moment> read();

  std::string_view problem() const noexcept { return problem_; }

 private:
  static constexpr std::string_view too_short = "premature end of input";
  static constexpr std::string_view invalid = "input contains invalid characters";
  static constexpr std::string_view out_of_range = "input is out of range";

  bool refuse(std::string_view why) noexcept;
  void skip_white() noexcept { rest_ = without_leading_white(rest_); }
  static bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

  bool number(std::int64_t& value, std::size_t most);
  bool read_year(std::int64_t& year);
  bool field(std::int64_t& value, std::int64_t least, std::int64_t most);
  bool literal(char c);
  bool separator();
  bool read_fraction(std::int64_t& nanoseconds);
  bool read_offset(std::int64_t& offset);
  bool two_digits(std::int64_t& value);

  std::string_view rest_;
  std::string_view problem_;
};

/// Cut to microseconds towards the year 2000, as the server's database driver does; nothing for times that PostgreSQL
/// cannot hold (before 4713 BC of the Julian calendar).
std::optional<stored_time> to_stored(moment t) noexcept;

moment to_moment(stored_time t) noexcept;

/// Whole seconds from start to stop, cut towards zero; a leap second inside the same day counts.
std::int64_t runtime_of(moment start, moment stop) noexcept;

/// `2022-08-03T09:47:00.123456Z`, with 0, 3 or 6 digits; years outside 0000 - 9999 with a sign.
std::string print_time(stored_time t);

}  // namespace detail::sandboxed
}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_SANDBOX_BODIES
#include <auditor/impl/sandbox/times.ipp>
#endif
