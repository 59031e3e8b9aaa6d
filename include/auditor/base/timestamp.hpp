// RFC 3339 both ways over the one time type of the library: UTC in microseconds, as the server stores it.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/result.hpp>
#include <auditor/base/text.hpp>

#include <bit>
#include <chrono>
#include <compare>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace auditor {
inline namespace AUDITOR_MODEL_ABI {
namespace model_detail {

// 1 or -1: so far behind 1970, or before it, that <chrono> would overflow silently. 9.2e12 seconds are 292,000 years.
template <class Count, class Period>
constexpr int too_far(std::chrono::duration<Count, Period> exact) noexcept {
  if constexpr (std::integral<Count> && 1'000'000 % Period::den == 0 && Period::num <= 9'000'000'000'000) {
    constexpr std::int64_t each = Period::num * (1'000'000 / Period::den);
    constexpr std::int64_t end = 9'200'000'000'000'000'000;
    if (std::cmp_greater(exact.count(), (end - 1) / each)) return 1;
    return std::cmp_less(exact.count(), -end / each) ? -1 : 0;
  } else {
    const double about =
        static_cast<double>(exact.count()) * static_cast<double>(Period::num) / static_cast<double>(Period::den);
    return about > -9.2e12 && about < 9.2e12 ? 0 : about < 0 ? -1 : 1;
  }
}

// Units finer than a microsecond are rounded towards the past. What a timestamp cannot hold becomes its last moment or its
// first but one, which `validate` refuses; so does what is no number.
template <class Count, class Period>
constexpr std::chrono::microseconds whole_microseconds(std::chrono::duration<Count, Period> exact) noexcept {
  using std::chrono::microseconds;
  using std::chrono::seconds;
  if (const int beyond = too_far(exact); beyond != 0)
    return beyond > 0 ? (microseconds::max)() : (microseconds::min)() + microseconds(1);
  if constexpr (std::convertible_to<std::chrono::duration<Count, Period>, microseconds>) {
    return exact;
  } else {
    const seconds whole = std::chrono::duration_cast<seconds>(exact);
    return whole + std::chrono::floor<microseconds>(exact - whole);
  }
}

template <class Duration>
void takes_sys_time(const std::chrono::sys_time<Duration>&);
template <class T>
concept sys_time = requires(const T& moment) { takes_sys_time(moment); };  // a timestamp, too

// What the compiler says of a `T` that is given for a time. True where it is one.
template <class T>
constexpr bool explain_time() noexcept {
  constexpr bool is_number = std::is_arithmetic_v<T>;
  static_assert(!is_number,
                "a number is no time: std::chrono::system_clock::from_time_t(t) makes one of a time_t, "
                "std::chrono::sys_seconds(std::chrono::seconds(n)) of seconds since 1970");
  static_assert(!text_like<T>, "a text is no time: parse_timestamp(text) makes one, if it can be read");
  constexpr bool may_be_one = requires(const T& t) {
    t.has_value();
    *t;
  };
  static_assert(!may_be_one, "a result is no time yet: look whether it has one, then take *result, or result.value()");
  static_assert(
      is_number || text_like<T> || may_be_one || sys_time<T>,
      "a time is one of the system clock, std::chrono::sys_time, as std::chrono::system_clock::now(); one of a zone's "
      "clocks goes through to_utc (auditor/ext/time_zone.hpp)");
  return sys_time<T>;
}

// Does it say no more than whole microseconds can?
template <class Count, class Period>
constexpr bool is_whole_microseconds(std::chrono::duration<Count, Period> exact) noexcept {
  using std::chrono::microseconds;
  if constexpr (std::convertible_to<std::chrono::duration<Count, Period>, microseconds>)
    return true;
  else if constexpr (std::chrono::treat_as_floating_point_v<Count>)
    return std::chrono::duration<Count, Period>(whole_microseconds(exact)) == exact;
  else
    return exact % microseconds(1) == std::chrono::duration<Count, Period>::zero();
}

}  // namespace model_detail

/// A moment in UTC, in microseconds since 1970 (no leap seconds, as PostgreSQL's timestamptz).
///
/// It is a `std::chrono::sys_time<std::chrono::microseconds>`, and used as one. But every time of `<chrono>`'s system clock
/// becomes one implicitly and without overflow: units finer than a microsecond are rounded towards the past, and what it
/// cannot hold becomes a moment that `validate` refuses, where `<chrono>` would silently wrap around, into 1969 perhaps. Where
/// both branches of a `?:` or arguments of `std::max` must have one type, say which: `value_or(now)`, `timestamp(now)`.
///
/// ```cpp
/// r.start_time = std::chrono::system_clock::now();
/// r.start_time = std::chrono::sys_days{2024y / 2 / 29} + 12h + 30min;
/// r.stop_time = r.start_time + 90s;
/// ```
/// **Ranges**: years -290308 .. 294247; the server takes `earliest_timestamp` .. `latest_timestamp`.
class AUDITOR_EXPORT timestamp : public std::chrono::sys_time<std::chrono::microseconds> {
  using base = std::chrono::sys_time<std::chrono::microseconds>;

 public:
  /// 1970-01-01T00:00:00Z.
  constexpr timestamp() noexcept = default;
  constexpr timestamp(base moment) noexcept : base(moment) {}
  /// So long after 1970-01-01T00:00:00Z.
  explicit constexpr timestamp(std::chrono::microseconds since_1970) noexcept : base(since_1970) {}
  /// Any time of the system clock, as above.
  template <class Duration>
  constexpr timestamp(std::chrono::sys_time<Duration> moment) noexcept
      : base(model_detail::whole_microseconds(moment.time_since_epoch())) {}
  /// The same in any unit.
  template <class Count, class Period>
  explicit constexpr timestamp(std::chrono::duration<Count, Period> since_1970) noexcept
      : base(model_detail::whole_microseconds(since_1970)) {}

  template <class T>
    requires std::is_arithmetic_v<T> || model_detail::text_like<T>
  timestamp& operator=(const T&) noexcept {
    model_detail::explain_time<T>();
    return *this;
  }

  /// The first moment; `validate` refuses it.
  static constexpr timestamp(min)() noexcept { return (base::min)(); }
  /// The last moment; `validate` refuses it.
  static constexpr timestamp(max)() noexcept { return (base::max)(); }

  /// A timestamp again; finer units are rounded towards the past, and what it cannot hold is refused by `validate`, as above.
  template <class Count, class Period>
  friend constexpr timestamp operator+(timestamp moment, std::chrono::duration<Count, Period> by) noexcept {
    return moment.moved(model_detail::whole_microseconds(by).count());
  }
  template <class Count, class Period>
  friend constexpr timestamp operator+(std::chrono::duration<Count, Period> by, timestamp moment) noexcept {
    return moment + by;
  }
  template <class Count, class Period>
  friend constexpr timestamp operator-(timestamp moment, std::chrono::duration<Count, Period> by) noexcept {
    const std::int64_t up = model_detail::is_whole_microseconds(by) ? 0 : 1;
    return moment.moved(-model_detail::whole_microseconds(by).count() - up);
  }
  /// As `+`.
  template <class Count, class Period>
  constexpr timestamp& operator+=(std::chrono::duration<Count, Period> by) noexcept {
    return *this = *this + by;
  }
  /// As `-`.
  template <class Count, class Period>
  constexpr timestamp& operator-=(std::chrono::duration<Count, Period> by) noexcept {
    return *this = *this - by;
  }

  /// Exact, with times of any unit: that of `system_clock` is in nanoseconds, in which `<chrono>` could not say either of
  /// two that lie behind 2262.
  friend constexpr bool operator==(timestamp a, timestamp b) noexcept { return a.count() == b.count(); }
  friend constexpr std::strong_ordering operator<=>(timestamp a, timestamp b) noexcept { return a.count() <=> b.count(); }
  template <class Duration>
  friend constexpr bool operator==(timestamp a, std::chrono::sys_time<Duration> b) noexcept {
    return (a <=> b) == 0;
  }
  template <class Duration>
  friend constexpr std::strong_ordering operator<=>(timestamp a, std::chrono::sys_time<Duration> b) noexcept {
    const timestamp past(b);
    if (a != past) return a <=> past;
    return model_detail::is_whole_microseconds(b.time_since_epoch()) ? std::strong_ordering::equal
                                                                     : std::strong_ordering::less;
  }

 private:
  constexpr std::int64_t count() const noexcept { return time_since_epoch().count(); }
  constexpr timestamp moved(std::int64_t by) const noexcept {
    const std::int64_t from = count();
    constexpr std::int64_t most = (std::numeric_limits<std::int64_t>::max)();
    if (by > 0 && from > most - by) return (max)();
    if (by < 0 && from < -most - by) return base(std::chrono::microseconds(-most));
    return base(std::chrono::microseconds(from + by));
  }
};

namespace model_detail {

inline constexpr std::int64_t microseconds_a_second = 1'000'000;
inline constexpr std::int64_t seconds_a_day = 86'400;
inline constexpr std::int64_t microseconds_a_day = seconds_a_day * microseconds_a_second;

// A day of the proleptic Gregorian calendar with year 0, as RFC 3339 and ISO 8601 count. std::chrono::year is of no use
// here: it wraps silently at 32767, and the server knows year 262142.
struct civil_day {
  std::int32_t year = 0;
  std::uint32_t month = 0;  // 1 .. 12
  std::uint32_t day = 0;    // 1 .. 31
};

// Years are counted from a March 1st, so that the leap day is the last of its year, and from far enough back that all
// arithmetic is unsigned: a million years are 2,500 cycles of 400 years.
inline constexpr std::int32_t calendar_shift_years = 1'000'000;
inline constexpr std::int64_t calendar_shift_days = 2'500 * 146'097 + 719'468;  // ... and from 0000-03-01 to 1970-01-01

// Days since 1970-01-01. Years -999,999 .. 999,999.
constexpr std::int64_t days_from_civil(civil_day date) noexcept {
  const bool after_february = date.month > 2;
  const auto year = static_cast<std::uint32_t>(date.year + calendar_shift_years - (after_february ? 0 : 1));
  const std::uint32_t month = after_february ? date.month - 3 : date.month + 9;
  const std::uint32_t century = year / 100;
  const std::uint32_t days = year * 1461 / 4 - century + century / 4 + (153 * month + 2) / 5 + date.day - 1;
  return static_cast<std::int64_t>(days) - calendar_shift_days;
}

// The reverse, for every day that a timestamp can be on.
constexpr civil_day civil_from_days(std::int64_t days_since_1970) noexcept {
  const auto days = static_cast<std::uint32_t>(days_since_1970 + calendar_shift_days);
  const std::uint32_t century = (4 * days + 3) / 146'097;
  const std::uint32_t day_of_century = days - 146'097 * century / 4;
  const std::uint32_t year_of_century = (4 * day_of_century + 3) / 1461;
  const std::uint32_t day_of_year = day_of_century - 1461 * year_of_century / 4;
  const std::uint32_t month = (5 * day_of_year + 2) / 153;
  const std::int32_t year = static_cast<std::int32_t>(100 * century + year_of_century) - calendar_shift_years;
  const bool next_year = month >= 10;
  return {year + (next_year ? 1 : 0), next_year ? month - 9 : month + 3, day_of_year - (153 * month + 2) / 5 + 1};
}

constexpr std::uint32_t days_of_month(std::int32_t year, std::uint32_t month) noexcept {
  if (month == 2) return year % (year % 25 == 0 ? 16 : 4) == 0 ? 29 : 28;  // of 100 years each 4, of 400 each 16
  return 30 + ((month + month / 8) & 1);  // 31 in odd months up to July, in even ones from August on
}

// Eight characters as a number, the first in the lowest byte.
constexpr std::uint64_t load_word(const char* from) noexcept {
  std::uint64_t word = 0;
  if (!std::is_constant_evaluated() && std::endian::native == std::endian::little) {
    std::memcpy(&word, from, sizeof word);
  } else {
    for (std::size_t i = 0; i < sizeof word; ++i) word |= std::uint64_t{static_cast<unsigned char>(from[i])} << (8 * i);
  }
  return word;
}

// Reads eight characters against a picture such as "00:00:00", where '0' stands for any digit and all else for itself.
// Afterwards byte i of `pairs` is the number that the digits i and i + 1 make.
struct picture {
  std::uint64_t expected;
  std::uint64_t carry;  // what added to a byte of (text ^ expected) sets its top bit when the character does not fit

  explicit constexpr picture(const char (&text)[9]) noexcept : expected(load_word(text)), carry(0) {
    for (std::size_t i = 0; i < 8; ++i) carry |= std::uint64_t{text[i] == '0' ? 0x76u : 0x7Fu} << (8 * i);
  }
  constexpr bool read(const char* from, std::uint64_t& pairs) const noexcept {
    const std::uint64_t digits = load_word(from) ^ expected;
    pairs = digits * 10 + (digits >> 8);
    return (((digits + carry) | digits) & 0x8080808080808080u) == 0;
  }
};

constexpr std::uint32_t pair_at(std::uint64_t pairs, unsigned i) noexcept {
  return static_cast<std::uint32_t>(pairs >> (8 * i)) & 0xFFu;
}

// The form that the server sends and everybody else too: `YYYY-MM-DDTHH:MM:SS`, 0, 3 or 6 digits of a fraction, `Z`.
// False says only that the text is not of this form; the general reader has the last word.
constexpr bool read_usual_timestamp(std::string_view text, timestamp& to) noexcept {
  constexpr picture year_picture("0000-00-");
  constexpr picture date_picture("0-00-00T");
  constexpr picture time_picture("00:00:00");
  constexpr picture micro_picture(".000000Z");
  const char* const from = text.data();
  if (text.size() < 20 || text.back() != 'Z') return false;
  std::uint64_t year_pairs = 0;
  std::uint64_t date_pairs = 0;
  std::uint64_t time_pairs = 0;
  if (!year_picture.read(from, year_pairs) || !date_picture.read(from + 3, date_pairs) ||
      !time_picture.read(from + 11, time_pairs))
    return false;

  std::uint32_t micros = 0;
  if (text.size() == 27) {
    std::uint64_t fraction = 0;
    if (!micro_picture.read(from + 19, fraction)) return false;
    micros = pair_at(fraction, 1) * 10'000 + pair_at(fraction, 3) * 100 + pair_at(fraction, 5);
  } else if (text.size() == 24) {
    if (from[19] != '.') return false;
    for (std::size_t i = 20; i < 23; ++i) {
      const auto digit = static_cast<std::uint32_t>(from[i] - '0');
      if (digit > 9) return false;
      micros = micros * 10 + digit;
    }
    micros *= 1'000;
  } else if (text.size() != 20) {
    return false;
  }

  const auto year = static_cast<std::int32_t>(pair_at(year_pairs, 0) * 100 + pair_at(year_pairs, 2));
  const std::uint32_t month = pair_at(date_pairs, 2);
  const std::uint32_t day = pair_at(date_pairs, 5);
  const std::uint32_t hour = pair_at(time_pairs, 0);
  const std::uint32_t minute = pair_at(time_pairs, 3);
  const std::uint32_t second = pair_at(time_pairs, 6);
  if (month - 1 > 11 || day == 0 || hour > 23 || minute > 59 || second > 59) return false;
  if (day > 28 && day > days_of_month(year, month)) return false;
  const std::int64_t seconds = days_from_civil({year, month, day}) * seconds_a_day + (hour * 3600 + minute * 60 + second);
  to = timestamp(std::chrono::microseconds(seconds * microseconds_a_second + micros));
  return true;
}

// What is wrong with a text, and at which of its bytes; no words: nothing is wrong.
struct timestamp_fault {
  const char* words = nullptr;
  std::size_t offset = 0;
};

// Every form of RFC 3339, and what Auditor adds to it: signed years of 4 to 6 digits.
class timestamp_reader {
 public:
  explicit constexpr timestamp_reader(std::string_view text) noexcept : text_(text) {}

  constexpr timestamp_fault read(timestamp& to) noexcept {
    parse(to);
    return fault_;
  }

 private:
  static constexpr std::int32_t last_minute = 23 * 60 + 59;  // the only one that can have a second 60

  constexpr bool parse(timestamp& to) noexcept {
    std::int32_t year = 0;
    std::uint32_t of[5] = {};
    if (!read_year(year)) return false;
    for (unsigned i = month; i <= second; ++i)
      if (!read_part(i, i == day ? days_of_month(year, of[month]) : parts[i].most, of[i])) return false;
    const std::size_t behind_second = at_;
    std::uint32_t micros = 0;
    std::int32_t offset = 0;
    if (!fraction(micros) || !utc_offset(offset)) return false;
    if (at_ != text_.size()) return fails("something follows the time");

    const auto minute_of_day = static_cast<std::int32_t>(of[hour] * 60 + of[minute]);
    if (of[second] == 60 && minute_of_day != last_minute && (minute_of_day - offset + 2 * 1440) % 1440 != last_minute) {
      at_ = behind_second - 2;
      return fails(parts[second].out_of_range);
    }
    at_ = 0;
    const auto days = static_cast<std::int32_t>(days_from_civil({year, of[month], of[day]}));
    return combine(days, (minute_of_day - offset) * 60 + static_cast<std::int32_t>(of[second]), micros, to) ||
           fails("year out of range");
  }

  // '\0' at the end: no rule takes it.
  constexpr char peek() const noexcept { return at_ < text_.size() ? text_[at_] : '\0'; }
  constexpr bool digit() const noexcept { return peek() >= '0' && peek() <= '9'; }
  // Returns how many there are, up to so many.
  constexpr unsigned digits(unsigned most, std::uint32_t& to) noexcept {
    unsigned count = 0;
    for (; count < most && digit(); ++count) to = to * 10 + static_cast<std::uint32_t>(text_[at_++] - '0');
    return count;
  }

  constexpr bool fails(const char* words) noexcept {
    fault_ = {words, at_};
    return false;
  }

  struct part {
    char before;
    std::uint8_t least, most;
    const char* out_of_range;
  };
  enum : unsigned { month, day, hour, minute, second };
  static constexpr part parts[] = {{'-', 1, 12, "month out of range"},
                                   {'-', 1, 31, "day out of range"},
                                   {'T', 0, 23, "hour out of range"},
                                   {':', 0, 59, "minute out of range"},
                                   {':', 0, 60, "second out of range"}};

  constexpr bool read_year(std::int32_t& to) noexcept {
    const bool negative = peek() == '-';
    const bool has_sign = negative || peek() == '+';
    if (has_sign) ++at_;
    std::uint32_t year = 0;
    if (digits(has_sign ? 6 : 4, year) < 4) return fails("expected a year of four digits");
    if (digit()) return fails("a year of more than four digits needs a sign");
    to = negative ? -static_cast<std::int32_t>(year) : static_cast<std::int32_t>(year);
    return true;
  }

  // What is before a part, and two digits that make a number within a range.
  constexpr bool read_part(unsigned of, std::uint32_t most, std::uint32_t& to) noexcept {
    const char wanted = parts[of].before, c = peek();
    if (c != wanted && (of != hour || (c != 't' && c != ' ' && !behind_time_)))
      return fails(of == hour ? "expected 'T'" : wanted == '-' ? "expected '-'" : "expected ':'");
    ++at_;
    if (digits(2, to) < 2) return fails("expected a digit");
    if (to >= parts[of].least && to <= most) return true;
    at_ -= 2;
    return fails(parts[of].out_of_range);
  }

  // Any number of digits; those behind the sixth are dropped, which rounds down: the fraction counts forward before 1970
  // too.
  constexpr bool fraction(std::uint32_t& micros) noexcept {
    if (peek() != '.') return true;
    ++at_;
    unsigned count = digits(6, micros);
    if (count == 0) return fails("expected a digit");
    for (; count < 6; ++count) micros *= 10;
    while (digit()) ++at_;
    return true;
  }

  constexpr bool utc_offset(std::int32_t& minutes) noexcept {
    const char sign = peek();
    if (sign == 'Z' || sign == 'z') {
      ++at_;
      return true;
    }
    if (sign != '+' && sign != '-') return fails("expected Z, +hh:mm or -hh:mm");
    behind_time_ = true;
    std::uint32_t hours = 0, rest = 0;
    if (!read_part(hour, parts[hour].most, hours) || !read_part(minute, parts[minute].most, rest)) return false;
    minutes = static_cast<std::int32_t>(hours * 60 + rest);
    if (sign == '-') minutes = -minutes;
    return true;
  }

  static constexpr bool combine(std::int32_t days, std::int32_t seconds, std::uint32_t micros, timestamp& to) noexcept {
    // Two days more than fit, so that what is added can come back; so few that the sum wraps at most once.
    constexpr auto most_days =
        static_cast<std::int32_t>((std::numeric_limits<std::int64_t>::max)() / microseconds_a_day + 2);
    if (days < -most_days || days > most_days) return false;
    const auto count = static_cast<std::int64_t>(static_cast<std::uint64_t>(std::int64_t{days}) * microseconds_a_day +
                                                 static_cast<std::uint64_t>(seconds * microseconds_a_second) + micros);
    if ((days > 2 || days < -2) && (days < 0) != (count < 0)) return false;
    to = timestamp(std::chrono::microseconds(count));
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  bool behind_time_ = false;  // where the sign of the offset is before its hours
  timestamp_fault fault_;
};

}  // namespace model_detail

/// The first and the last moment that Auditor takes and can give back: its calendar ends where that of its language's
/// time library does, PostgreSQL's begins at 4713 BC. `validate` refuses what lies outside.
/// **Source**: protocol, section 3.
inline constexpr timestamp earliest_timestamp{
    std::chrono::microseconds(model_detail::days_from_civil({-4713, 12, 31}) * model_detail::microseconds_a_day)};
/// The last moment that the server takes.
inline constexpr timestamp latest_timestamp{std::chrono::microseconds(
    (model_detail::days_from_civil({262142, 12, 31}) + 1) * model_detail::microseconds_a_day - 1)};

/// What the start of a record is until somebody sets it. `validate` refuses it, by name: 1970 is a time like any other.
inline constexpr timestamp unset_timestamp = (timestamp::min)();

/// The most characters that `write_timestamp` writes.
inline constexpr std::size_t timestamp_capacity = sizeof "-290308-12-21T19:59:05.224192Z" - 1;

}  // namespace AUDITOR_MODEL_ABI
inline namespace AUDITOR_ABI {
namespace detail {

// What `parse_timestamp` does, for readers that build their own error.
constexpr timestamp_fault read_timestamp(std::string_view text, timestamp& to) noexcept {
  if constexpr (!compact)
    if (read_usual_timestamp(text, to)) return {};
  return timestamp_reader(text).read(to);
}

char* write_pair(char* to, std::uint32_t number) noexcept;

}  // namespace detail

/// Writes a time as the server does: UTC, `Z`, 0, 3 or 6 digits of a fraction, a sign for years outside 0000-9999.
/// Returns the number of characters, at most `timestamp_capacity`; no terminating zero.
std::size_t write_timestamp(timestamp moment, char* to) noexcept;

/// The same as a string. **Memory**: allocates.
std::string to_string(timestamp moment);

/// Reads an RFC 3339 time: `2024-02-29T12:30:00Z`, `2024-02-29 12:30:00.123456+05:30`.
///
/// The offset is required; `-00:00` is UTC. Digits below a microsecond are dropped (rounded towards the past). A leap
/// second, 23:59:60 here or in UTC, is the second after it. Years outside 0000-9999 have a sign and up to six digits.
/// **Errors**: `invalid_argument`, with the words and the offset of what is wrong.
/// **Ranges**: whatever fits 64 bits of microseconds; the server takes `earliest_timestamp` .. `latest_timestamp`.
result<timestamp> parse_timestamp(model_detail::borrowed_text text);

}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_BODIES
#include <auditor/impl/base/timestamp.ipp>
#endif
