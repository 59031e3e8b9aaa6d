// A text may be no time.
// SPDX-License-Identifier: MIT OR Apache-2.0
// expect first: a text is no time: parse_timestamp
#include <auditor/client/client.hpp>
#include <auditor/executor/this_thread.hpp>
#include <auditor/testing/scripted_transport.hpp>

using namespace auditor;

bool control(client<testing::scripted_transport>& c) {
  return c.get_started_since(std::chrono::system_clock::now()).has_value();
}

#ifdef AUDITOR_MUST_NOT_COMPILE
void mistake(client<testing::scripted_transport>& c) { c.get_started_since("2024-01-01T00:00:00Z"); }
#endif
