// What is cancelled is told so, and never by an exception.
// SPDX-License-Identifier: MIT OR Apache-2.0
// expect first: Transport::stream needs: void cancel\(\) noexcept
#include <auditor/client/client.hpp>
#include <auditor/testing/manual_loop.hpp>

using namespace auditor;

template <bool Quiet>
struct wire {
  struct stream {
    void async_read(std::span<char>, completion<std::size_t>) {}
    void cancel() noexcept(Quiet) {}
  };
  void async_open(stream&, const request_view&, completion<response_head>) {}
};

static_assert(sizeof(client<wire<true>, testing::manual_async_executor>) != 0);

#ifdef AUDITOR_MUST_NOT_COMPILE
static_assert(sizeof(client<wire<false>, testing::manual_async_executor>) != 0);
#endif
