// An executor that cannot wake at a time has no time-outs.
// SPDX-License-Identifier: MIT OR Apache-2.0
// expect first: Executor::wakeup needs: void post\(\), void wake_at
#include <auditor/client/explain.hpp>

using namespace auditor;

struct wire {
  struct stream {
    void async_read(std::span<char>, completion<std::size_t>) {}
    void cancel() noexcept {}
  };
  void async_open(stream&, const request_view&, completion<response_head>) {}
};

template <class Time>
struct loop {
  struct wakeup {
    wakeup(loop&, void (*)(void*) noexcept, void*) {}
    void post() {}
    void wake_at(Time) {}
    void cancel() {}
  };
  ticks now() { return {}; }
  std::uint64_t random() { return 4; }
};

static_assert(explain<wire, loop<ticks>>());

#ifdef AUDITOR_MUST_NOT_COMPILE
static_assert(explain<wire, loop<int>>());
#endif
