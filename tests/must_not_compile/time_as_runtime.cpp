// A runtime is a length, not a moment.
// SPDX-License-Identifier: MIT OR Apache-2.0
// expect first: a runtime is compared with whole seconds
#include <auditor/query/query.hpp>

#include <chrono>

using namespace auditor;

auto control(query q, std::chrono::sys_seconds t, std::chrono::sys_seconds u) {
  (void)t, (void)u;
  return q.with_runtime(gte(u - t));
}

#ifdef AUDITOR_MUST_NOT_COMPILE
auto mistake(query q, std::chrono::sys_seconds t, std::chrono::sys_seconds u) {
  (void)t, (void)u;
  return q.with_runtime(gte(t));
}
#endif
