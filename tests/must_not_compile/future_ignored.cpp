// What nobody waits for may have failed.
// SPDX-License-Identifier: MIT OR Apache-2.0
// expect first: ignoring return value
#include <auditor/client/client.hpp>
#include <auditor/ext/future.hpp>
#include <auditor/testing/as_async.hpp>
#include <auditor/testing/manual_executor.hpp>
#include <auditor/testing/manual_loop.hpp>
#include <auditor/testing/scripted_transport.hpp>

using namespace auditor;

using wire = testing::as_async<testing::scripted_transport, testing::manual_async_executor>;
using asynchronous = client<wire, testing::manual_async_executor>;

void control(asynchronous& c, const record& r) {
  c.add(r, {}, [](const result<receipt>&) {});
  auto added = c.add(r, {}, use_future);
}

#ifdef AUDITOR_MUST_NOT_COMPILE
void mistake(asynchronous& c, const record& r) { c.add(r, {}, use_future); }
#endif
