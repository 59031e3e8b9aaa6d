// The server drops equals on a time, and returns everything.
// SPDX-License-Identifier: MIT OR Apache-2.0
// expect first: times have no equals.*gte
#include <auditor/query/query.hpp>

#include <chrono>

using namespace auditor;

auto control(query q, std::chrono::sys_seconds t, std::chrono::sys_seconds u) {
  (void)t, (void)u;
  return q.with_start_time(gte(t), lte(t));
}

#ifdef AUDITOR_MUST_NOT_COMPILE
auto mistake(query q, std::chrono::sys_seconds t, std::chrono::sys_seconds u) {
  (void)t, (void)u;
  return q.with_start_time(equals(t));
}
#endif
