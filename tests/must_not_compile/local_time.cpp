// A local time is not a moment; a named zone makes it one (ext/time_zone.hpp).
// SPDX-License-Identifier: MIT OR Apache-2.0
// expect first: one of a zone.s clocks goes through to_utc
#include <auditor/query/query.hpp>

#include <chrono>

using namespace auditor;

auto control(query q, std::chrono::sys_seconds t, std::chrono::sys_seconds u) {
  (void)t, (void)u;
  return q.with_start_time(gte(t));
}

#ifdef AUDITOR_MUST_NOT_COMPILE
auto mistake(query q, std::chrono::sys_seconds t, std::chrono::sys_seconds u) {
  (void)t, (void)u;
  return q.with_start_time(gte(std::chrono::local_seconds(t.time_since_epoch())));
}
#endif
