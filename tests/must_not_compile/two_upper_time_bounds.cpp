// The server drops lt and lte on one time, and returns everything.
// SPDX-License-Identifier: MIT OR Apache-2.0
// expect first: one upper bound: lt or lte
#include <auditor/query/query.hpp>

#include <chrono>

using namespace auditor;

auto control(query q, std::chrono::sys_seconds t, std::chrono::sys_seconds u) {
  (void)t, (void)u;
  return q.with_stop_time(gt(t), lte(u));
}

#ifdef AUDITOR_MUST_NOT_COMPILE
auto mistake(query q, std::chrono::sys_seconds t, std::chrono::sys_seconds u) {
  (void)t, (void)u;
  return q.with_stop_time(lt(t), lte(u));
}
#endif
