// What an asynchronous call reads must be there while it does.
// SPDX-License-Identifier: MIT OR Apache-2.0
// expect first: keep the range in a variable
#include <auditor/client/client.hpp>
#include <auditor/testing/as_async.hpp>
#include <auditor/testing/manual_executor.hpp>
#include <auditor/testing/manual_loop.hpp>
#include <auditor/testing/scripted_transport.hpp>

#include <vector>

using namespace auditor;

using wire = testing::as_async<testing::scripted_transport, testing::manual_async_executor>;
using asynchronous = client<wire, testing::manual_async_executor>;
std::vector<record> make();

void control(asynchronous& c, const std::vector<record>& kept) {
  c.bulk_insert(kept, {}, [](const bulk_report&) {});
}

#ifdef AUDITOR_MUST_NOT_COMPILE
void mistake(asynchronous& c) {
  c.bulk_insert(make(), {}, [](const bulk_report&) {});
}
#endif
