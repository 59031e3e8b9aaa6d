// The server drops gt and gte on one time, and returns everything.
// SPDX-License-Identifier: MIT OR Apache-2.0
// expect first: one lower bound: gt or gte
#include <auditor/query/query.hpp>

#include <chrono>

using namespace auditor;

auto control(query q, std::chrono::sys_seconds t, std::chrono::sys_seconds u) {
  (void)t, (void)u;
  return q.with_start_time(gt(t), lt(u));
}

#ifdef AUDITOR_MUST_NOT_COMPILE
auto mistake(query q, std::chrono::sys_seconds t, std::chrono::sys_seconds u) {
  (void)t, (void)u;
  return q.with_start_time(gt(t), gte(u));
}
#endif
