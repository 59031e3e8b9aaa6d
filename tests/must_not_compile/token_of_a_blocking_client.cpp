// A blocking client has no way to deliver its result but to return it.
// SPDX-License-Identifier: MIT OR Apache-2.0
// expect first: a blocking client returns its result and takes no token
#include <auditor/client/client.hpp>
#include <auditor/executor/this_thread.hpp>
#include <auditor/testing/scripted_transport.hpp>

using namespace auditor;

bool control(client<testing::scripted_transport>& c) { return c.get({.timeout = ticks{1}}).has_value(); }

#ifdef AUDITOR_MUST_NOT_COMPILE
void mistake(client<testing::scripted_transport>& c) {
  (void)c.get({}, [](const result<record_list>&) {});
}
#endif
