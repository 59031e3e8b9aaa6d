// The server sorts by four fields, and by no others.
// SPDX-License-Identifier: MIT OR Apache-2.0
// expect: (is not a member of|no member named) .*field
#include <auditor/query/query.hpp>

#include <chrono>

using namespace auditor;

auto control(query q, std::chrono::sys_seconds t, std::chrono::sys_seconds u) {
  (void)t, (void)u;
  return q.sort_by(ascending(field::record_id));
}

#ifdef AUDITOR_MUST_NOT_COMPILE
auto mistake(query q, std::chrono::sys_seconds t, std::chrono::sys_seconds u) {
  (void)t, (void)u;
  return q.sort_by(ascending(field::meta));
}
#endif
