// A bulk is made of records.
// SPDX-License-Identifier: MIT OR Apache-2.0
// expect first: the range holds auditor::record
#include <auditor/client/client.hpp>
#include <auditor/executor/this_thread.hpp>
#include <auditor/testing/scripted_transport.hpp>

using namespace auditor;

bool control(client<testing::scripted_transport>& c, const std::vector<record>& records) {
  return bool(c.bulk_insert(records));
}

#ifdef AUDITOR_MUST_NOT_COMPILE
void mistake(client<testing::scripted_transport>& c, const std::vector<int>& numbers) { (void)c.bulk_insert(numbers); }
#endif
