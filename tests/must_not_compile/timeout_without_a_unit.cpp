// Ten of what?
// SPDX-License-Identifier: MIT OR Apache-2.0
// expect first: give the unit:
#include <auditor/client/client.hpp>
#include <auditor/executor/this_thread.hpp>
#include <auditor/testing/scripted_transport.hpp>

using namespace auditor;

bool control(client<testing::scripted_transport>& c, const record& r) {
  return c.add(r, {.timeout = std::chrono::seconds(10)}).has_value();
}

#ifdef AUDITOR_MUST_NOT_COMPILE
bool mistake(client<testing::scripted_transport>& c, const record& r) { return c.add(r, {.timeout = 10}).has_value(); }
#endif
