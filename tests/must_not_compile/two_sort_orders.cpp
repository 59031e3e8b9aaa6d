// With ascending and descending together the server takes one of them.
// SPDX-License-Identifier: MIT OR Apache-2.0
// expect: no matching (member )?function for call to .*sort_by
#include <auditor/query/query.hpp>

#include <chrono>

using namespace auditor;

auto control(query q, std::chrono::sys_seconds t, std::chrono::sys_seconds u) {
  (void)t, (void)u;
  return q.sort_by(ascending(field::runtime));
}

#ifdef AUDITOR_MUST_NOT_COMPILE
auto mistake(query q, std::chrono::sys_seconds t, std::chrono::sys_seconds u) {
  (void)t, (void)u;
  return q.sort_by(ascending(field::runtime), descending(field::record_id));
}
#endif
