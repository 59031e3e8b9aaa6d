// A sum that happens to be 0 must not end a read.
// SPDX-License-Identifier: MIT OR Apache-2.0
// expect first: the visitor returns nothing, or exactly a bool
#include <auditor/client/client.hpp>
#include <auditor/executor/this_thread.hpp>
#include <auditor/testing/scripted_transport.hpp>

using namespace auditor;

bool control(client<testing::scripted_transport>& c) {
  std::int64_t total = 0;
  return c.for_each(query{}, [&](const record_view& r) { total += r.components[0].amount; }) &&
         c.for_each(query{}, [&](const record_view& r) { return r.stop_time.has_value(); });
}

#ifdef AUDITOR_MUST_NOT_COMPILE
bool mistake(client<testing::scripted_transport>& c) {
  std::int64_t total = 0;
  return c.for_each(query{}, [&](const record_view& r) { return total += r.components[0].amount; }).has_value();
}
#endif
