// Equals and a bound together say less than one of them.
// SPDX-License-Identifier: MIT OR Apache-2.0
// expect first: equals stands alone
#include <auditor/query/query.hpp>

#include <chrono>

using namespace auditor;

auto control(query q, std::chrono::sys_seconds t, std::chrono::sys_seconds u) {
  (void)t, (void)u;
  return q.with_runtime(equals(3600));
}

#ifdef AUDITOR_MUST_NOT_COMPILE
auto mistake(query q, std::chrono::sys_seconds t, std::chrono::sys_seconds u) {
  (void)t, (void)u;
  return q.with_runtime(equals(3600), gt(1));
}
#endif
