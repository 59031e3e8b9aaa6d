// Retry-After: both forms, clamped, and nothing taken from nonsense.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include "catch.hpp"

#include <auditor/transport/retry_after.hpp>

#include <cstdint>
#include <string_view>

using auditor::detail::parse_http_date;
using auditor::detail::parse_retry_after;

namespace {
constexpr std::string_view now_text = "Sun, 06 Nov 1994 08:49:37 GMT";
constexpr std::int64_t now = 784'111'777;
}  // namespace

TEST_CASE("an IMF-fixdate is read, and nothing else is") {
  CHECK(parse_http_date(now_text) == now);
  CHECK(parse_http_date("Thu, 01 Jan 1970 00:00:00 GMT") == 0);
  CHECK(parse_http_date("Tue, 29 Feb 2028 23:59:60 GMT") == 1'835'481'600);
  for (const std::string_view text :
       {"", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", "Sun, 06 Nov 1994 08:49:37 CET",
        "Sun, 06 Nov 1994 08:49:37", "Sun, 6 Nov 1994 08:49:37 GMT", "Sun, 06 nov 1994 08:49:37 GMT",
        "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 00 Nov 1994 08:49:37 GMT", "Sun, 06 anF 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 06 Nov 1994 08:60:00 GMT", "Sun, 06 Nov 1994 08:49:61 GMT",
        "Sun, 06 Nov 1994 08:49:37 GMT ", "Sun, 06 Nov 1994 08:49:-7 GMT", "1994-11-06T08:49:37Z"}) {
    CAPTURE(text);
    CHECK(!parse_http_date(text));
  }
}

TEST_CASE("Retry-After is a number of seconds or a date, at most an hour") {
  struct hint {
    std::string_view text;
    std::int32_t seconds;
  };
  for (const hint& h :
       {hint{"0", 0}, hint{"7", 7}, hint{"0007", 7}, hint{"3600", 3600}, hint{"3601", 3600},
        hint{"99999999999999999999999999", 3600}, hint{"Sun, 06 Nov 1994 08:49:47 GMT", 10},
        hint{"Sun, 06 Nov 1994 08:49:37 GMT", 0}, hint{"Sun, 06 Nov 1994 08:00:00 GMT", 0},
        hint{"Mon, 07 Nov 1994 08:49:37 GMT", 3600}, hint{"", -1}, hint{"-1", -1}, hint{"+1", -1}, hint{"1.5", -1},
        hint{"1s", -1}, hint{"1 2", -1}, hint{"0x10", -1}, hint{"soon", -1}, hint{"Sun, 06 Nov 1994", -1}}) {
    CAPTURE(h.text);
    CHECK(parse_retry_after(h.text, now_text, 0) == h.seconds);
    CHECK(parse_retry_after(h.text, "", now) == h.seconds);
    CHECK(parse_retry_after(h.text, "yesterday", now) == h.seconds);
  }
}
