// Nobody would call back.
// SPDX-License-Identifier: MIT OR Apache-2.0
// expect first: this transport is asynchronous, and the executor blocks
#include <auditor/client/client.hpp>
#include <auditor/executor/this_thread.hpp>
#include <auditor/testing/as_async.hpp>
#include <auditor/testing/manual_loop.hpp>
#include <auditor/testing/scripted_transport.hpp>

using namespace auditor;

using wire = testing::as_async<testing::scripted_transport, testing::manual_async_executor>;

static_assert(sizeof(client<wire, testing::manual_async_executor>) != 0);

#ifdef AUDITOR_MUST_NOT_COMPILE
static_assert(sizeof(client<wire>) != 0);
#endif
