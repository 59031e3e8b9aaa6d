// A meta value without an operator: must it be there or not?
// SPDX-License-Identifier: MIT OR Apache-2.0
// expect first: contains\("a"\)
#include <auditor/query/query.hpp>

#include <chrono>

using namespace auditor;

auto control(query q, std::chrono::sys_seconds t, std::chrono::sys_seconds u) {
  (void)t, (void)u;
  return q.with_meta("site", contains("A"));
}

#ifdef AUDITOR_MUST_NOT_COMPILE
auto mistake(query q, std::chrono::sys_seconds t, std::chrono::sys_seconds u) {
  (void)t, (void)u;
  return q.with_meta("site", "A");
}
#endif
