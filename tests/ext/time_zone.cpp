// Named zones: the two odd hours of daylight saving, the wrong names, and the ends of what is known.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include <auditor/ext/time_zone.hpp>

#include <chrono>
#include <cstdlib>
#include <string>
#include <string_view>

#ifdef __linux__
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>
#endif

#include "catch.hpp"

using auditor::errc;
using auditor::on_ambiguous;
using auditor::parse_timestamp;
using auditor::timestamp;
using auditor::to_local_string;
using auditor::to_string;
using auditor::to_utc;
using namespace std::chrono;

namespace {

constexpr local_days on(int y, unsigned m, unsigned d) {
  return local_days{year{y} / static_cast<int>(m) / static_cast<int>(d)};
}

template <class Local>
std::string utc(Local local, std::string_view zone, on_ambiguous choice = on_ambiguous::fail) {
  const auto moment = to_utc(local, zone, choice);
  return moment ? to_string(*moment) : std::string(moment.error().words());
}

std::string local(std::string_view moment, std::string_view zone) {
  const auto text = to_local_string(*parse_timestamp(moment), zone);
  return text ? *text : std::string(text.error().words());
}

}  // namespace

TEST_CASE("a local time becomes the UTC of its zone") {
  CHECK(utc(on(2021, 12, 6) + 16h + 18min, "Europe/Berlin") == "2021-12-06T15:18:00Z");
  CHECK(utc(on(2021, 7, 6) + 16h + 18min, "Europe/Berlin") == "2021-07-06T14:18:00Z");
  CHECK(utc(on(2021, 7, 6) + 16h + 18min, "America/New_York") == "2021-07-06T20:18:00Z");
  CHECK(utc(on(2021, 7, 6) + 3h, "Asia/Kolkata") == "2021-07-05T21:30:00Z");
  CHECK(utc(on(2021, 7, 6) + 16h, "UTC") == "2021-07-06T16:00:00Z");
  CHECK(utc(on(2021, 7, 6), "Europe/Berlin") == "2021-07-05T22:00:00Z");
  CHECK(utc(on(2021, 7, 6) + 123456us, "UTC") == "2021-07-06T00:00:00.123456Z");
  CHECK(utc(on(2021, 7, 6) + 1999ns, "UTC") == "2021-07-06T00:00:00.000001Z");
  CHECK(utc(date::local_days{date::year{2021} / 7 / 6} + 16h, "Europe/Berlin") == "2021-07-06T14:00:00Z");
}

TEST_CASE("a local time that is there twice is an error until the caller chooses") {
  const auto twice = on(2024, 10, 27) + 2h + 30min;
  CHECK(utc(twice, "Europe/Berlin") ==
        "2024-10-27T02:30:00 is there twice in Europe/Berlin (clocks change from CEST to CET then); ask for the earliest "
        "or the latest");
  CHECK(utc(twice, "Europe/Berlin", on_ambiguous::earliest) == "2024-10-27T00:30:00Z");
  CHECK(utc(twice, "Europe/Berlin", on_ambiguous::latest) == "2024-10-27T01:30:00Z");
  CHECK(utc(on(2024, 10, 27) + 2h - 1us, "Europe/Berlin") == "2024-10-26T23:59:59.999999Z");
  CHECK(utc(on(2024, 10, 27) + 3h, "Europe/Berlin") == "2024-10-27T02:00:00Z");
  CHECK(to_utc(twice, "Europe/Berlin").error().code == errc::invalid_argument);
}

TEST_CASE("a local time that does not exist is an error until the caller chooses") {
  const auto none = on(2024, 3, 31) + 2h + 30min;
  CHECK(utc(none, "Europe/Berlin") ==
        "2024-03-31T02:30:00 does not exist in Europe/Berlin (clocks change from CET to CEST then); ask for the earliest "
        "or the latest");
  CHECK(utc(none, "Europe/Berlin", on_ambiguous::earliest) == "2024-03-31T01:00:00Z");
  CHECK(utc(none, "Europe/Berlin", on_ambiguous::latest) == "2024-03-31T01:00:00Z");
  CHECK(utc(on(2024, 3, 31) + 2h - 1us, "Europe/Berlin") == "2024-03-31T00:59:59.999999Z");
  CHECK(utc(on(2024, 3, 31) + 3h, "Europe/Berlin") == "2024-03-31T01:00:00Z");
}

TEST_CASE("a zone that nobody knows is named") {
  const auto noon = on(2024, 7, 1) + 12h;
  for (const std::string_view zone :
       {"Europe/Berlim", "europe/berlin", "CEST+2", "", "../../etc/passwd", "right/Europe/Berlin"}) {
    INFO(zone);
    const auto moment = to_utc(noon, zone);
    CHECK_FALSE(moment);
    CHECK(moment.error().code == errc::invalid_argument);
    CHECK(moment.error().words().substr(0, 13 + zone.size()) == "time zone '" + std::string(zone) + "':");
    CHECK_FALSE(to_local_string(timestamp{}, zone));
    CHECK_FALSE(auditor::to_local(timestamp{}, zone));
  }
}

#ifdef __linux__
// In a child, before it has read any zone, and where the kernel lets everybody mount.
TEST_CASE("without tzdata it is tzdata that is missed, and not the caller's zone") {
  enum : int { right = 0, wrong = 1, not_here = 77 };
  const ::pid_t child = ::fork();
  if (child == 0) {
    if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0 || ::mount("none", "/usr/share/zoneinfo", "tmpfs", 0, nullptr) != 0)
      ::_exit(not_here);
    char program[] = "/proc/self/exe", name[] = "what is said without tzdata";
    char* const arguments[] = {program, name, nullptr};
    ::setenv("AUDITOR_WITHOUT_TZDATA", "1", 1);
    ::execv(program, arguments);
    ::_exit(wrong);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  if (WIFEXITED(status) && WEXITSTATUS(status) == not_here) {
    WARN("nothing may be mounted here");
    return;
  }
  CHECK(status == right);
}
TEST_CASE("what is said without tzdata", "[.]") {
  if (std::getenv("AUDITOR_WITHOUT_TZDATA") == nullptr) return;  // the other half of the test above
  for (const std::string_view zone : {"Europe/Paris", "UTC"}) {
    const std::string said = utc(on(2024, 7, 1), zone);
    CHECK(said.find("install tzdata") != std::string::npos);
    CHECK(said.find(zone) == std::string::npos);
  }
}
#endif

TEST_CASE("a moment is shown as the clocks of a zone show it") {
  CHECK(local("2024-07-01T12:00:00Z", "Europe/Berlin") == "2024-07-01T14:00:00+02:00");
  CHECK(local("2024-01-01T12:00:00.5Z", "Europe/Berlin") == "2024-01-01T13:00:00.500+01:00");
  CHECK(local("2024-01-01T12:00:00.000001Z", "America/New_York") == "2024-01-01T07:00:00.000001-05:00");
  CHECK(local("2024-01-01T12:00:00Z", "UTC") == "2024-01-01T12:00:00+00:00");
  CHECK(local("2024-01-01T12:00:00Z", "America/St_Johns") == "2024-01-01T08:30:00-03:30");
  CHECK(*auditor::to_local(*parse_timestamp("2024-07-01T12:00:00Z"), "Europe/Berlin") == on(2024, 7, 1) + 14h);
}

TEST_CASE("old local mean times are cut to the minute and stay the same moment") {
  CHECK(local("1800-07-01T12:00:00Z", "Europe/Berlin") == "1800-07-01T12:53:00+00:53");
  CHECK(local("1800-07-01T12:00:00Z", "America/New_York") == "1800-07-01T07:04:00-04:56");
  CHECK(utc(on(1800, 7, 1) + 12h + 53min + 28s, "Europe/Berlin") == "1800-07-01T12:00:00Z");
}

TEST_CASE("there and back again over half a century, hour by hour") {
  for (const std::string_view zone :
       {"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Tokyo"}) {
    for (timestamp t = *parse_timestamp("1990-01-01T00:10:00Z"); t < *parse_timestamp("2037-12-31T00:00:00Z"); t += 37h) {
      const auto shown = auditor::to_local(t, zone);
      if (!shown) FAIL(shown.error().words());
      const auto first = to_utc(*shown, zone, on_ambiguous::earliest);
      const auto second = to_utc(*shown, zone, on_ambiguous::latest);
      if (!first || !second || (*first != t && *second != t)) FAIL(zone << ' ' << to_string(t));
      if (parse_timestamp(*to_local_string(t, zone)).value_or(timestamp::min()) != t) FAIL(zone << ' ' << to_string(t));
    }
  }
}

TEST_CASE("behind the end of a zone's data is an error, not a guess") {
  CHECK(utc(on(2037, 12, 31), "Europe/Berlin") == "2037-12-30T23:00:00Z");
  CHECK(utc(on(2040, 7, 1), "Europe/Berlin") == "time zone 'Europe/Berlin': its data end before this time");
  CHECK(local("2040-07-01T00:00:00Z", "Europe/Berlin") == "time zone 'Europe/Berlin': its data end before this time");
  CHECK(utc(on(2040, 7, 1), "Asia/Tokyo") == "2040-06-30T15:00:00Z");
  CHECK(local("+10000-01-01T00:00:00Z", "UTC") == "+10000-01-01T00:00:00+00:00");
}

TEST_CASE("times that Auditor cannot hold are out of range in every zone") {
  CHECK_FALSE(to_utc(local_time<microseconds>::max(), "UTC"));
  CHECK_FALSE(to_utc(local_time<microseconds>::min(), "Europe/Berlin"));
  CHECK_FALSE(to_local_string(timestamp::max(), "UTC"));
  CHECK(to_local_string(auditor::latest_timestamp, "UTC"));
}
