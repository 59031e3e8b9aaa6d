// Our RFC 3339 against that of Howard Hinnant's date, over random moments and every boundary of the calendar.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include <auditor/base/timestamp.hpp>
#include <date/date.h>

#include <chrono>
#include <cstdint>
#include <random>
#include <sstream>
#include <string>

#include "catch.hpp"

using auditor::timestamp;
using std::chrono::microseconds;

namespace {

// `date` writes all six digits; the server leaves out trailing groups of three zeros.
std::string as_the_server(std::string text) {
  if (text.substr(text.size() - 7) == ".000000")
    text.resize(text.size() - 7);
  else if (text.substr(text.size() - 3) == "000")
    text.resize(text.size() - 3);
  return text + "Z";
}

void compare(timestamp moment) {
  const std::string expected = as_the_server(date::format("%Y-%m-%dT%H:%M:%S", moment));
  if (auditor::to_string(moment) != expected) FAIL(expected);
  if (auditor::parse_timestamp(expected).value_or(timestamp::min()) != moment) FAIL(expected);
}

timestamp start_of(int year, unsigned month, unsigned day) {
  return timestamp(date::sys_days{date::year{year} / static_cast<int>(month) / static_cast<int>(day)});
}

}  // namespace

TEST_CASE("random moments of the four-digit years are written and read as date does") {
  std::mt19937_64 random(20'240'229);
  std::uniform_int_distribution<std::int64_t> any(start_of(0, 1, 1).time_since_epoch().count(),
                                                  start_of(10'000, 1, 1).time_since_epoch().count() - 1);
  for (int i = 0; i < 20'000; ++i) {
    const std::int64_t micros = any(random);
    compare(timestamp(microseconds(micros)));
    compare(timestamp(std::chrono::floor<std::chrono::milliseconds>(microseconds(micros))));
    compare(timestamp(std::chrono::floor<std::chrono::seconds>(microseconds(micros))));
  }
}

TEST_CASE("the first and the last microsecond of every month are written and read as date does") {
  for (int year = 0; year < 10'000; ++year) {
    for (unsigned month = 1; month <= 12; ++month) {
      if (year % 100 > 4 && year / 10 != 197 && month != 3)
        continue;  // what is special about a year is special about these
      compare(start_of(year, month, 1));
      if (year > 0) compare(start_of(year, month, 1) - microseconds(1));
    }
  }
}

TEST_CASE("years as far as date goes agree day by day") {
  for (int year = -32'767; year < 32'767; year += 7) {
    const unsigned month = static_cast<unsigned>(year + 32'768) % 12 + 1;
    const std::int64_t days =
        date::sys_days{date::year{year} / static_cast<int>(month) / date::last}.time_since_epoch().count();
    const auto last_day =
        static_cast<std::uint32_t>(static_cast<unsigned>((date::year{year} / static_cast<int>(month) / date::last).day()));
    if (auditor::detail::days_from_civil({year, month, last_day}) != days) FAIL(year);
    const auditor::detail::civil_day date = auditor::detail::civil_from_days(days);
    if (date.year != year || date.month != month || date.day != last_day) FAIL(year);
    if (auditor::detail::days_of_month(year, month) != last_day) FAIL(year);
  }
}

TEST_CASE("offsets of every minute are read as date reads them") {
  for (int minutes = -23 * 60 - 59; minutes < 24 * 60; ++minutes) {
    const int positive = minutes < 0 ? -minutes : minutes;
    const auto pair = [](int number) { return (number < 10 ? "0" : "") + std::to_string(number); };
    const std::string text =
        "2024-02-29T23:59:59" + std::string(minutes < 0 ? "-" : "+") + pair(positive / 60) + ":" + pair(positive % 60);
    std::istringstream in(text);
    timestamp expected;
    in >> date::parse("%FT%T%Ez", expected);
    if (auditor::parse_timestamp(text).value_or(timestamp::min()) != expected) FAIL(text);
  }
}
