// RFC 3339 in and out: every form that the server and other programs write, every odd day, and what is refused and why.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include <auditor/base/timestamp.hpp>

#include <algorithm>
#include <chrono>
#include <compare>
#include <concepts>
#include <cstdint>
#include <limits>
#include <ratio>
#include <string>
#include <string_view>
#include <type_traits>

#include "catch.hpp"

using auditor::errc;
using auditor::parse_timestamp;
using auditor::timestamp;
using auditor::to_string;
using std::chrono::microseconds;

namespace {

constexpr timestamp at(std::int64_t micros) { return timestamp(microseconds(micros)); }

constexpr timestamp read_at_compile_time(std::string_view text) {
  timestamp t;
  return auditor::detail::read_timestamp(text, t).words == nullptr ? t : timestamp::min();
}
static_assert(read_at_compile_time("1970-01-01T00:00:01Z") == at(1'000'000));
static_assert(read_at_compile_time("1970-01-01 00:00:01.5+00:00") == at(1'500'000));

bool is_leap(int year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

}  // namespace

TEST_CASE("a time is read in each of its forms") {
  struct example {
    std::string_view text;
    std::int64_t micros;
  };
  const example examples[] = {
      {"1970-01-01T00:00:00Z", 0},
      {"1970-01-01t00:00:00z", 0},
      {"1970-01-01 00:00:00Z", 0},
      {"1970-01-01T00:00:00+00:00", 0},
      {"1970-01-01T00:00:00-00:00", 0},
      {"1970-01-01T05:30:00+05:30", 0},
      {"1969-12-31T14:00:00-10:00", 0},
      {"1970-01-01T23:59:00+23:59", 0},
      {"1969-12-31T00:01:00-23:59", 0},
      {"1970-01-01T00:00:00.1Z", 100'000},
      {"1970-01-01T00:00:00.12Z", 120'000},
      {"1970-01-01T00:00:00.123Z", 123'000},
      {"1970-01-01T00:00:00.1234Z", 123'400},
      {"1970-01-01T00:00:00.12345Z", 123'450},
      {"1970-01-01T00:00:00.123456Z", 123'456},
      {"1970-01-01T00:00:00.1234569Z", 123'456},
      {"1970-01-01T00:00:00.123456789Z", 123'456},
      {"1970-01-01T00:00:00.0000009999999999999999999999999Z", 0},
      {"1970-01-01T00:00:00.000001+00:00", 1},
      {"1969-12-31T23:59:59.999999Z", -1},
      {"1969-12-31T23:59:59.9999999Z", -1},
      {"1969-12-31T23:59:59.9999991Z", -1},
      {"1969-12-31T23:59:58.5Z", -1'500'000},
      {"2000-02-29T12:00:00Z", 951'825'600'000'000},
      {"2024-02-29T23:59:59.999Z", 1'709'251'199'999'000},
      {"2038-01-19T03:14:08Z", 2'147'483'648'000'000},
      {"0000-01-01T00:00:00Z", -62'167'219'200'000'000},
      {"-0000-01-01T00:00:00Z", -62'167'219'200'000'000},
      {"+0000-01-01T00:00:00Z", -62'167'219'200'000'000},
      {"-0001-12-31T23:59:59Z", -62'167'219'201'000'000},
      {"+2024-02-29T23:59:59.999Z", 1'709'251'199'999'000},
      {"+002024-02-29T23:59:59.999Z", 1'709'251'199'999'000},
      {"9999-12-31T23:59:59.999999Z", 253'402'300'799'999'999},
      {"+10000-01-01T00:00:00Z", 253'402'300'800'000'000},
      {"+262142-12-31T23:59:59.999999Z", 8'210'266'876'799'999'999},
      {"-4713-12-31T00:00:00Z", -210'863'606'400'000'000},
      // Across the ends of the day, the month and the year by the offset alone.
      {"2024-03-01T00:30:00+01:00", 1'709'249'400'000'000},
      {"2023-12-31T23:30:00-01:00", 1'704'069'000'000'000},
      {"0000-01-01T00:00:00+00:01", -62'167'219'260'000'000},
  };
  for (const example& e : examples) {
    INFO(e.text);
    const auto parsed = parse_timestamp(e.text);
    CHECK(parsed.error().words() == "");
    CHECK((parsed && *parsed == at(e.micros)));
  }
}

TEST_CASE("a leap second is the second after it, here or in UTC") {
  const timestamp new_year = *parse_timestamp("2017-01-01T00:00:00Z");
  CHECK(*parse_timestamp("2016-12-31T23:59:60Z") == new_year);
  CHECK(*parse_timestamp("2016-12-31T23:59:60.25Z") == new_year + microseconds(250'000));
  CHECK(*parse_timestamp("2017-01-01T00:59:60+01:00") == new_year);
  CHECK(*parse_timestamp("2017-01-01T05:29:60+05:30") == new_year);
  CHECK(*parse_timestamp("2016-12-31T18:59:60-05:00") == new_year);
  CHECK(*parse_timestamp("2016-12-31T23:59:60-05:00") == new_year + std::chrono::hours(5));
  CHECK_FALSE(parse_timestamp("2016-12-31T23:58:60Z"));
  CHECK_FALSE(parse_timestamp("2016-12-31T12:59:60Z"));
  CHECK_FALSE(parse_timestamp("2016-12-31T23:59:61Z"));
}

TEST_CASE("what is not a time is refused with the reason and the byte") {
  struct example {
    std::string_view text;
    std::string_view words;
    std::uint64_t offset;
  };
  const example examples[] = {
      {"", "expected a year of four digits", 0},
      {"yesterday", "expected a year of four digits", 0},
      {" 2024-01-01T00:00:00Z", "expected a year of four digits", 0},
      {"202-01-01T00:00:00Z", "expected a year of four digits", 3},
      {"20240-01-01T00:00:00Z", "a year of more than four digits needs a sign", 4},
      {"+1000000-01-01T00:00:00Z", "a year of more than four digits needs a sign", 7},
      {"+123-01-01T00:00:00Z", "expected a year of four digits", 4},
      {"--2024-01-01T00:00:00Z", "expected a year of four digits", 1},
      {"20240101T000000Z", "a year of more than four digits needs a sign", 4},
      {"2024/01/01T00:00:00Z", "expected '-'", 4},
      {"2024-01-01", "expected 'T'", 10},
      {"2024-01-01_00:00:00Z", "expected 'T'", 10},
      {"2024-01-01  00:00:00Z", "expected a digit", 11},
      {"2024-00-01T00:00:00Z", "month out of range", 5},
      {"2024-13-01T00:00:00Z", "month out of range", 5},
      {"2024-1-01T00:00:00Z", "expected a digit", 6},
      {"2024-01-00T00:00:00Z", "day out of range", 8},
      {"2024-01-32T00:00:00Z", "day out of range", 8},
      {"2024-04-31T00:00:00Z", "day out of range", 8},
      {"2023-02-29T00:00:00Z", "day out of range", 8},
      {"1900-02-29T00:00:00Z", "day out of range", 8},
      {"2024-02-30T00:00:00Z", "day out of range", 8},
      {"2024-01-01T24:00:00Z", "hour out of range", 11},
      {"2024-01-01T00:60:00Z", "minute out of range", 14},
      {"2024-01-01T00:00:60Z", "second out of range", 17},
      {"2024-01-01T00:00:61Z", "second out of range", 17},
      {"2024-01-01T00:00Z", "expected ':'", 16},
      {"2024-01-01T00:00:0Z", "expected a digit", 18},
      {"2024-01-01T00:00:00", "expected Z, +hh:mm or -hh:mm", 19},
      {"2024-01-01T00:00:00.", "expected a digit", 20},
      {"2024-01-01T00:00:00.Z", "expected a digit", 20},
      {"2024-01-01T00:00:00.5", "expected Z, +hh:mm or -hh:mm", 21},
      {"2024-01-01T00:00:00,5Z", "expected Z, +hh:mm or -hh:mm", 19},
      {"2024-01-01T00:00:00 Z", "expected Z, +hh:mm or -hh:mm", 19},
      {"2024-01-01T00:00:00+1", "expected a digit", 21},
      {"2024-01-01T00:00:00+01", "expected ':'", 22},
      {"2024-01-01T00:00:00+0100", "expected ':'", 22},
      {"2024-01-01T00:00:00+24:00", "hour out of range", 20},
      {"2024-01-01T00:00:00-01:60", "minute out of range", 23},
      {"2024-01-01T00:00:00ZZ", "something follows the time", 20},
      {"2024-01-01T00:00:00Z ", "something follows the time", 20},
      {"2024-01-01T00:00:00+00:00:00", "something follows the time", 25},
      {"2024-01-01T00:00:00.123456\xC2\xB5Z", "expected Z, +hh:mm or -hh:mm", 26},
      {"2024-01-01T00:00:00.12345:Z", "expected Z, +hh:mm or -hh:mm", 25},
      {"2024-01-01T00:00:00.12/Z", "expected Z, +hh:mm or -hh:mm", 22},
      {"+999999-01-01T00:00:00Z", "year out of range", 0},
      {"-999999-01-01T00:00:00+23:59", "year out of range", 0},
  };
  for (const example& e : examples) {
    INFO(e.text);
    const auto parsed = parse_timestamp(e.text);
    CHECK_FALSE(parsed);
    CHECK(parsed.error().code == errc::invalid_argument);
    CHECK(parsed.error().offset == e.offset);
    CHECK(parsed.error().words() ==
          "not a time of RFC 3339: " + std::string(e.words) + " at byte " + std::to_string(e.offset));
  }
}

TEST_CASE("one wrong character anywhere in a time makes it another time or none") {
  for (const std::string_view correct :
       {"2024-02-29T23:59:58Z", "2024-02-29T23:59:58.123Z", "2024-02-29T23:59:58.123456Z"}) {
    for (std::size_t i = 0; i < correct.size(); ++i) {
      for (int c = 0; c < 256; ++c) {
        std::string text(correct);
        text[i] = static_cast<char>(c);
        timestamp usual;
        timestamp general;
        const bool is_usual = auditor::detail::read_usual_timestamp(text, usual);
        const bool is_general = auditor::detail::timestamp_reader(text).read(general).words == nullptr;
        const bool needs_general_reader = text[10] != 'T' || text[17] == '6' || text.back() != 'Z';
        if (is_usual ? !is_general || usual != general : is_general && !needs_general_reader) FAIL(text << " at " << i);
      }
    }
  }
}

TEST_CASE("a time cut anywhere is refused") {
  for (const std::string_view correct : {"2024-02-29T23:59:58.123456Z", "+10000-02-29T23:59:58.5+05:30"})
    for (std::size_t length = 0; length < correct.size(); ++length)
      if (parse_timestamp(correct.substr(0, length))) FAIL(correct.substr(0, length));
}

TEST_CASE("a time is written as the server writes it") {
  struct example {
    std::int64_t micros;
    std::string_view text;
  };
  const example examples[] = {
      {0, "1970-01-01T00:00:00Z"},
      {1, "1970-01-01T00:00:00.000001Z"},
      {-1, "1969-12-31T23:59:59.999999Z"},
      {-1'000, "1969-12-31T23:59:59.999Z"},
      {-1'000'000, "1969-12-31T23:59:59Z"},
      {120'000, "1970-01-01T00:00:00.120Z"},
      {100, "1970-01-01T00:00:00.000100Z"},
      {1'000, "1970-01-01T00:00:00.001Z"},
      {999'999, "1970-01-01T00:00:00.999999Z"},
      {951'825'600'000'000, "2000-02-29T12:00:00Z"},
      {-62'167'219'200'000'000, "0000-01-01T00:00:00Z"},
      {-62'167'219'200'000'001, "-0001-12-31T23:59:59.999999Z"},
      {253'402'300'799'999'999, "9999-12-31T23:59:59.999999Z"},
      {253'402'300'800'000'000, "+10000-01-01T00:00:00Z"},
      {8'210'266'876'799'999'999, "+262142-12-31T23:59:59.999999Z"},
      {(std::numeric_limits<std::int64_t>::max)(), "+294247-01-10T04:00:54.775807Z"},
      {(std::numeric_limits<std::int64_t>::min)(), "-290308-12-21T19:59:05.224192Z"},
  };
  for (const example& e : examples) {
    INFO(e.text);
    CHECK(to_string(at(e.micros)) == e.text);
    CHECK(*parse_timestamp(e.text) == at(e.micros));
    CHECK(e.text.size() <= auditor::timestamp_capacity);
  }
}

TEST_CASE("a microsecond beyond what fits 64 bits is refused") {
  CHECK_FALSE(parse_timestamp("+294247-01-10T04:00:54.775808Z"));
  CHECK_FALSE(parse_timestamp("+294247-01-10T04:00:55Z"));
  CHECK_FALSE(parse_timestamp("-290308-12-21T19:59:05.224191Z"));
  CHECK_FALSE(parse_timestamp("-290308-12-21T19:59:04.999999Z"));
}

TEST_CASE("a timestamp is used as any time of chrono's system clock, and stays one when it is moved") {
  using namespace std::chrono_literals;
  const std::chrono::sys_seconds second(90s);
  const timestamp minute = second - 30s;
  CHECK(minute == std::chrono::sys_seconds(60s));
  CHECK(minute < second);
  CHECK(second - minute == 30s);
  CHECK((std::max)(minute, minute + 1h) == at(3'660'000'000));
  CHECK((std::min)({minute, minute - 1min, timestamp(second)}) == timestamp());
  CHECK((minute == second ? minute : second) == timestamp(second));
  CHECK(std::chrono::floor<std::chrono::days>(minute) == std::chrono::sys_days());
  CHECK(std::chrono::system_clock::to_time_t(minute) == 60);
  timestamp moved = std::chrono::system_clock::time_point(1'500ms);
  moved += 1us;
  CHECK(moved == at(1'500'001));
  STATIC_REQUIRE(std::is_same_v<decltype(minute + 1h), timestamp>);
  STATIC_REQUIRE(std::totally_ordered_with<timestamp, std::chrono::sys_seconds>);
  STATIC_REQUIRE(std::is_trivially_copyable_v<timestamp>);
  STATIC_REQUIRE_FALSE(std::is_convertible_v<int, timestamp>);
  STATIC_REQUIRE_FALSE(std::is_convertible_v<std::chrono::seconds, timestamp>);
  STATIC_REQUIRE_FALSE(std::is_convertible_v<std::chrono::local_seconds, timestamp>);
}

TEST_CASE("the last count of whole microseconds in each unit is exact, and one more is the last moment") {
  const auto last_is = [](auto unit, std::int64_t last) {
    using duration = decltype(unit);
    const auto moment = [](std::int64_t count) { return timestamp(duration(count)).time_since_epoch(); };
    CHECK(moment(last) == duration(last));
    CHECK(moment(-last) == duration(-last));
    CHECK(moment(last + 1) == timestamp::max().time_since_epoch());
    CHECK(moment(-last - 2) == timestamp::min().time_since_epoch() + microseconds(1));
  };
  last_is(std::chrono::milliseconds(), 9'199'999'999'999'999);
  last_is(std::chrono::duration<std::int64_t, std::centi>(), 919'999'999'999'999);
  last_is(std::chrono::seconds(), 9'199'999'999'999);
  last_is(std::chrono::minutes(), 153'333'333'333);
  last_is(std::chrono::days(), 106'481'481);
}

TEST_CASE("a time that does not fit becomes a timestamp at the end of all, never one in between") {
  using namespace std::chrono_literals;
  const timestamp first = timestamp::min() + 1us;  // the very first means that none was set
  CHECK(timestamp(std::chrono::sys_seconds::max()) == timestamp::max());
  CHECK(timestamp(std::chrono::sys_seconds::min()) == first);
  using hours = std::chrono::duration<std::int64_t, std::ratio<3600>>;  // those of std have 32 bits on Windows
  CHECK(timestamp(hours::max()) == timestamp::max());
  CHECK(timestamp() + hours::max() == timestamp::max());
  CHECK(timestamp() - hours::max() == first);
  CHECK(timestamp::max() + 1us == timestamp::max());
  CHECK(timestamp::max() - 1us == at(std::numeric_limits<std::int64_t>::max() - 1));
  CHECK(first - 1us == first);
  CHECK(first + 1us == at(std::numeric_limits<std::int64_t>::min() + 2));
  CHECK(at(-5) + std::chrono::microseconds(-3) == at(-8));
}

TEST_CASE("every day of eight centuries is written and read as counting says") {
  timestamp day = *parse_timestamp("1599-12-31T00:00:00Z") + std::chrono::days(1);
  constexpr int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  for (int year = 1600; year < 2400; ++year) {
    for (int month = 1; month <= 12; ++month) {
      const int days = lengths[month - 1] + (month == 2 && is_leap(year) ? 1 : 0);
      for (int i = 1; i <= days; ++i, day += std::chrono::days(1)) {
        const auto pair = [](int number) { return (number < 10 ? "0" : "") + std::to_string(number); };
        const std::string text = std::to_string(year) + "-" + pair(month) + "-" + pair(i) + "T00:00:00Z";
        if (to_string(day) != text || parse_timestamp(text).value_or(timestamp::min()) != day) FAIL(text);
      }
      const std::string behind = std::to_string(year) + (month < 10 ? "-0" : "-") + std::to_string(month) + "-" +
                                 std::to_string(days + 1) + "T00:00:00Z";
      if (parse_timestamp(behind)) FAIL(behind);
    }
  }
}

TEST_CASE("the first and the last time of the server are what the protocol says") {
  CHECK(to_string(auditor::earliest_timestamp) == "-4713-12-31T00:00:00Z");
  CHECK(to_string(auditor::latest_timestamp) == "+262142-12-31T23:59:59.999999Z");
}

TEST_CASE("a timestamp compares exactly with times of every unit") {
  using namespace std::chrono;
  const timestamp never = sys_days(year(9999) / 12 / 31), start = sys_days(year(2024) / 1 / 1);
  const sys_time<nanoseconds> now = sys_days(year(2026) / 11 / 26);
  // Doubly: Catch2 prints times of the system's own unit alone, which is not everywhere nanoseconds.
  CHECK((never > now));
  CHECK((now < never));
  CHECK((timestamp::max() > now));
  CHECK((auditor::latest_timestamp > now));
  CHECK((auditor::earliest_timestamp < now));
  CHECK((start < now));
  CHECK((start != now));
  CHECK(start == sys_days(year(2024) / 1 / 1));
  CHECK(sys_days(year(2024) / 1 / 1) == start);
  CHECK((start < sys_time<nanoseconds>::max()));
  CHECK((start > sys_time<nanoseconds>::min()));
  CHECK((timestamp() < sys_time<nanoseconds>(nanoseconds(1))));
  CHECK((timestamp() > sys_time<nanoseconds>(nanoseconds(-1))));
  CHECK((timestamp() < sys_time<duration<double>>(duration<double>(0.5))));
  STATIC_REQUIRE(std::totally_ordered<timestamp>);
  STATIC_REQUIRE(std::three_way_comparable<timestamp>);
}

TEST_CASE("a timestamp moves by durations of every unit, and never wraps") {
  using namespace std::chrono;
  const timestamp never = sys_days(year(9999) / 12 / 31);
  CHECK(never + nanoseconds(1) == never);
  CHECK(never - nanoseconds(1) == never - microseconds(1));
  CHECK(never + nanoseconds(1'500) == never + microseconds(1));
  CHECK(seconds(1) + timestamp::max() == timestamp::max());
  timestamp moves = timestamp::max();
  moves += seconds(1);
  CHECK(moves == timestamp::max());
  moves = never;
  moves -= hours(1);
  CHECK(moves == never - hours(1));
  CHECK(timestamp::max() + nanoseconds::max() == timestamp::max());
  CHECK(at(0) - nanoseconds::min() > at(0));
}
