// Callbacks in an event loop of one's own, around poll(): what a daemon in the style of C has already.
// SPDX-License-Identifier: MIT OR Apache-2.0
//
// callbacks URL

#include <auditor/auditor.hpp>
#include <auditor/transport/curl_async.hpp>

#include <poll.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <iostream>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace {

using auditor::ticks;

// The daemon's loop: descriptors and timers, each with a function to call.
struct event_loop {
  struct timer {
    void (*fn)(void*) noexcept;
    void* self;
    std::optional<ticks> at;
  };
  struct descriptor {
    void (*fn)(void*, int, bool, bool) noexcept;
    void* self;
    pollfd wanted;
  };
  std::vector<timer*> timers;
  std::vector<descriptor*> descriptors;

  static ticks now() { return std::chrono::duration_cast<ticks>(std::chrono::steady_clock::now().time_since_epoch()); }

  // One turn: waits for whatever comes first, then calls whom it concerns.
  void turn() {
    ticks sleep{1'000};
    for (const timer* each : timers)
      if (each->at) sleep = std::clamp(*each->at - now(), ticks{0}, sleep);

    std::vector<pollfd> ready;
    for (const descriptor* each : descriptors) ready.push_back(each->wanted);
    poll(ready.data(), static_cast<nfds_t>(ready.size()), static_cast<int>(sleep.count()));

    // A function may add and remove others: they are looked for one by one.
    for (const pollfd& each : ready) {
      if (each.revents == 0) continue;
      const auto found = std::find_if(descriptors.begin(), descriptors.end(),
                                      [&](const descriptor* d) { return d->wanted.fd == each.fd; });
      if (found == descriptors.end()) continue;
      const bool broken = (each.revents & (POLLERR | POLLHUP)) != 0;
      (*found)->fn((*found)->self, each.fd, broken || (each.revents & POLLIN) != 0,
                   broken || (each.revents & POLLOUT) != 0);
    }
    const ticks due = now();
    const auto is_due = [due](const timer* each) { return each->at && *each->at <= due; };
    for (auto next = std::find_if(timers.begin(), timers.end(), is_due); next != timers.end();
         next = std::find_if(timers.begin(), timers.end(), is_due)) {
      (*next)->at.reset();
      (*next)->fn((*next)->self);
    }
  }
};

// What the library asks of a loop: a clock, randomness, wakeups, and for libcurl also watches. A handle, to be copied.
class loop_executor {
 public:
  explicit loop_executor(event_loop& loop) : loop_(&loop) {}

  ticks now() const { return event_loop::now(); }
  std::uint64_t random() { return random_(); }

  class wakeup {
   public:
    wakeup(loop_executor& on, void (*fn)(void*) noexcept, void* self) : loop_(on.loop_), timer_{fn, self, {}} {
      loop_->timers.push_back(&timer_);
    }
    wakeup(const wakeup&) = delete;
    wakeup& operator=(const wakeup&) = delete;
    ~wakeup() { std::erase(loop_->timers, &timer_); }

    void post() { timer_.at = event_loop::now(); }  // this daemon has one thread; else it would have to ring a bell
    void wake_at(ticks time) { timer_.at = time; }
    void cancel() noexcept { timer_.at.reset(); }

   private:
    event_loop* loop_;
    event_loop::timer timer_;
  };

  class watch {
   public:
    watch(loop_executor& on, int fd, void (*fn)(void*, int, bool, bool) noexcept, void* self)
        : loop_(on.loop_), descriptor_{fn, self, {fd, 0, 0}} {
      loop_->descriptors.push_back(&descriptor_);
    }
    watch(const watch&) = delete;
    watch& operator=(const watch&) = delete;
    ~watch() { std::erase(loop_->descriptors, &descriptor_); }

    void want(bool read, bool write) {
      descriptor_.wanted.events = static_cast<short>((read ? POLLIN : 0) | (write ? POLLOUT : 0));
    }

   private:
    event_loop* loop_;
    event_loop::descriptor descriptor_;
  };

 private:
  event_loop* loop_;
  std::mt19937_64 random_{std::random_device{}()};
};
static_assert(auditor::socket_executor<loop_executor>);

// The daemon's state, as its callbacks know it.
struct daemon_state {
  auditor::curl_async_client<loop_executor> client;
  int waiting = 0;
};

void read_back(daemon_state& state) {
  ++state.waiting;
  state.client.for_each(
      auditor::query{}, [](const auditor::record_view& r) { std::cout << r.record_id << '\n'; }, {},
      [&state](auditor::result<auditor::read_summary> seen) {
        --state.waiting;
        std::cout << (seen ? std::string(to_string(seen->state)) : message(seen.error())) << '\n';
      });
}

void push(daemon_state& state, const auditor::record& r) {
  ++state.waiting;
  state.client.add(r, {}, [&state](auditor::result<auditor::receipt> added) {
    if (!added) std::cout << message(added.error()) << '\n';
    if (--state.waiting == 0) read_back(state);
  });
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  event_loop loop;
  auto built = auditor::async_client_builder().connection_string(argv[1]).build(loop_executor{loop});
  if (!built) {
    std::cerr << message(built.error()) << '\n';
    return 1;
  }
  daemon_state state{*std::move(built)};
  const auto start = std::chrono::sys_days{std::chrono::year{2024} / 1 / 1};
  for (const char* id : {"record-1", "record-2", "record-3"}) push(state, auditor::record{id, start});
  push(state, auditor::record{"", start});  // a bad record is an answer like any other
  while (state.waiting != 0) loop.turn();
}
