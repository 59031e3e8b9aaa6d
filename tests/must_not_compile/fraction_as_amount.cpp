// Amounts are whole numbers.
// SPDX-License-Identifier: MIT OR Apache-2.0
// expect first: an amount is compared with a whole number
#include <auditor/query/query.hpp>

#include <chrono>

using namespace auditor;

auto control(query q, std::chrono::sys_seconds t, std::chrono::sys_seconds u) {
  (void)t, (void)u;
  return q.with_component("CPU", gte(8));
}

#ifdef AUDITOR_MUST_NOT_COMPILE
auto mistake(query q, std::chrono::sys_seconds t, std::chrono::sys_seconds u) {
  (void)t, (void)u;
  return q.with_component("CPU", gte(8.5));
}
#endif
