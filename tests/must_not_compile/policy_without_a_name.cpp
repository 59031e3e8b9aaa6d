// Options are named, so that a later one takes nobody by surprise.
// SPDX-License-Identifier: MIT OR Apache-2.0
// expect first: name the option
#include <auditor/client/client.hpp>
#include <auditor/executor/this_thread.hpp>
#include <auditor/testing/scripted_transport.hpp>

using namespace auditor;

bool control(client<testing::scripted_transport>& c, const record& r) {
  return c.add(r, {.duplicates = on_duplicate::ignore}).has_value();
}

#ifdef AUDITOR_MUST_NOT_COMPILE
void mistake(client<testing::scripted_transport>& c, const record& r) { c.add(r, on_duplicate::ignore); }
#endif
