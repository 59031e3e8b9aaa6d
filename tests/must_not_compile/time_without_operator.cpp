// A time without an operator: before or after?
// SPDX-License-Identifier: MIT OR Apache-2.0
// expect first: before or after\?
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
  return q.with_start_time(t);
}
#endif
