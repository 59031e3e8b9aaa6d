// A transport says an error as auditor::result does, not as a number.
// SPDX-License-Identifier: MIT OR Apache-2.0
// expect first: Transport::open must return auditor::result<auditor::response_head>
#include <auditor/client/client.hpp>
#include <auditor/executor/this_thread.hpp>

using namespace auditor;

template <class Head>
struct wire {
  struct stream {
    result<std::size_t> read(std::span<char>, const call&) { return std::size_t{0}; }
  };
  Head open(stream&, const request_view&, const call&) { return {}; }
};

static_assert(sizeof(client<wire<result<response_head>>>) != 0);

#ifdef AUDITOR_MUST_NOT_COMPILE
static_assert(sizeof(client<wire<int>>) != 0);
#endif
