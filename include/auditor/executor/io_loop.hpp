// An executor of its own for asynchronous clients: timers and sockets on epoll, on one thread. Linux.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/executor/steady.hpp>
#include <auditor/http/executor.hpp>

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <set>
#include <thread>
#include <unordered_map>
#include <utility>

namespace auditor {
inline namespace AUDITOR_ABI {

/// A loop that the calling thread runs; see `io_thread` for one with a thread of its own. Everything about the calls of
/// its clients happens on the thread that runs it. **Threads**: `stop` and `sync` from any. **Lifetime**: outlives its
/// executors, wakeups and watches.
class AUDITOR_EXPORT io_loop {
 public:
  io_loop() : poll_(epoll_create1(EPOLL_CLOEXEC)), bell_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) { add(bell_, EPOLLIN, 0); }
  io_loop(const io_loop&) = delete;
  io_loop& operator=(const io_loop&) = delete;
  ~io_loop() {
    close(bell_);
    close(poll_);
  }

  class executor;
  class wakeup;
  class watch;

  executor get_executor() noexcept;

  /// False: the system had no file descriptors left, and nothing will work.
  bool is_open() const noexcept { return poll_ >= 0 && bell_ >= 0; }

  /// Runs until `stop`.
  void run() {
    enter();
    while (!stopped_.load()) step(longest_sleep);
    leave();
  }
  /// Runs what is due, waiting at most this long for something: for programs with a loop of their own.
  void run_once(ticks longest) {
    const bool inside = is_running_here();
    if (!inside) enter();
    step((std::min)(longest, longest_sleep));
    if (!inside) leave();
  }
  void stop() noexcept {
    stopped_.store(true);
    ring();
  }

  /// Does `work()` on the thread that runs the loop, and waits for its end; here, while nobody runs it.
  template <class Work>
  void sync(Work work) {
    if (is_running_here()) return work();
    struct job {
      io_loop& loop;
      Work& work;
      bool done = false;
    } one{*this, work};
    {
      std::unique_lock lock(mutex_);
      if (runner_.load() != std::thread::id()) {
        posted_.push_back({&one,
                           [](void* self) noexcept {
                             auto& posted = *static_cast<job*>(self);
                             posted.work();
                             const std::lock_guard done(posted.loop.mutex_);
                             posted.done = true;
                             posted.loop.runner_changed_.notify_all();
                           },
                           &one});
        ring();
        // Who runs the loop may also leave it before it comes to this.
        runner_changed_.wait(lock, [&] { return one.done || runner_.load() == std::thread::id(); });
        if (one.done) return;
        std::erase_if(posted_, [&one](const task& each) { return each.owner == &one; });
      }
      runner_.store(std::this_thread::get_id());
    }
    work();
    leave();
  }

 private:
  static constexpr ticks longest_sleep{60'000};

  struct task {
    const void* owner;
    void (*fn)(void*) noexcept;
    void* self;
  };

  bool is_running_here() const noexcept { return runner_.load() == std::this_thread::get_id(); }
  void enter() {
    std::unique_lock lock(mutex_);
    runner_changed_.wait(lock, [this] { return runner_.load() == std::thread::id(); });
    runner_.store(std::this_thread::get_id());
  }
  void leave() {
    const std::lock_guard lock(mutex_);
    runner_.store(std::thread::id());
    runner_changed_.notify_all();
  }

  void add(int fd, std::uint32_t events, std::uint64_t id) noexcept {
    epoll_event event{};
    event.events = events;
    event.data.u64 = id;
    if (epoll_ctl(poll_, EPOLL_CTL_ADD, fd, &event) != 0 && errno == EEXIST) epoll_ctl(poll_, EPOLL_CTL_MOD, fd, &event);
  }
  void ring() const noexcept {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = write(bell_, &one, sizeof one);
  }

  void post(const task& next) {
    {
      const std::lock_guard lock(mutex_);
      posted_.push_back(next);
    }
    if (!is_running_here()) ring();
  }
  void forget(const void* owner) noexcept {
    const std::lock_guard lock(mutex_);
    std::erase_if(posted_, [owner](const task& each) { return each.owner == owner; });
  }

  bool take_posted(task& next) {
    const std::lock_guard lock(mutex_);
    if (posted_.empty()) return false;
    next = posted_.front();
    posted_.pop_front();
    return true;
  }
  std::size_t posted() const {
    const std::lock_guard lock(mutex_);
    return posted_.size();
  }

  void step(ticks longest);

  int poll_, bell_;
  std::atomic<bool> stopped_{false};
  std::atomic<std::thread::id> runner_{};
  mutable std::mutex mutex_;
  std::condition_variable runner_changed_;
  std::deque<task> posted_;                            // under the mutex
  std::set<std::pair<ticks, wakeup*>> timers_;         // the rest is the loop's thread's
  std::unordered_map<std::uint64_t, watch*> watches_;  // by number: a watch may go while its event waits
  std::uint64_t last_watch_ = 0;
};

/// Satisfies `async_executor`. A handle on the loop.
class AUDITOR_EXPORT io_loop::executor {
 public:
  using wakeup = io_loop::wakeup;
  using watch = io_loop::watch;

  explicit executor(io_loop& loop) noexcept : loop_(&loop) {}
  ticks now() const noexcept { return detail::steady::now(); }
  std::uint64_t random() { return steady_.random(); }
  template <class Work>
  void sync(Work work) {
    loop_->sync(std::move(work));
  }
  io_loop& loop() const noexcept { return *loop_; }

 private:
  io_loop* loop_;
  detail::steady steady_;
};

class AUDITOR_EXPORT io_loop::wakeup {
 public:
  wakeup(const executor& on, void (*fn)(void*) noexcept, void* self) noexcept : loop_(on.loop()), fn_(fn), self_(self) {}
  wakeup(const wakeup&) = delete;
  wakeup& operator=(const wakeup&) = delete;
  ~wakeup() {
    if (used_) cancel();
  }

  void post() {
    used_ = true;
    loop_.post({this, fn_, self_});
  }
  void wake_at(ticks time) {
    used_ = true;
    if (time_ != never) loop_.timers_.erase({time_, this});
    time_ = time;
    loop_.timers_.insert({time_, this});
  }
  void cancel() noexcept {
    if (time_ != never) loop_.timers_.erase({std::exchange(time_, never), this});
    loop_.forget(this);
  }

 private:
  friend class io_loop;
  static constexpr ticks never{(ticks::min)()};

  void ring() {
    loop_.timers_.erase({std::exchange(time_, never), this});
    fn_(self_);
  }

  io_loop& loop_;
  void (*fn_)(void*) noexcept;
  void* self_;
  ticks time_ = never;
  bool used_ = false;
};

/// Tells when a socket is ready, for transports on this loop. **Threads**: the loop's.
class AUDITOR_EXPORT io_loop::watch {
 public:
  watch(const executor& on, int fd, void (*fn)(void* self, int fd, bool readable, bool writable) noexcept, void* self)
      : loop_(on.loop()), fd_(fd), fn_(fn), self_(self), id_(++loop_.last_watch_) {
    loop_.watches_.emplace(id_, this);
  }
  watch(const watch&) = delete;
  watch& operator=(const watch&) = delete;
  /// The socket may be closed by now.
  ~watch() {
    loop_.watches_.erase(id_);
    epoll_ctl(loop_.poll_, EPOLL_CTL_DEL, fd_, nullptr);
  }

  void want(bool read, bool write) {
    // A broken connection is reported whatever is wanted: it would wake the loop again and again.
    if (!read && !write)
      epoll_ctl(loop_.poll_, EPOLL_CTL_DEL, fd_, nullptr);
    else
      loop_.add(fd_, (read ? EPOLLIN : 0u) | (write ? EPOLLOUT : 0u), id_);
  }

 private:
  friend class io_loop;
  io_loop& loop_;
  int fd_;
  void (*fn_)(void*, int, bool, bool) noexcept;
  void* self_;
  std::uint64_t id_;
};

inline io_loop::executor io_loop::get_executor() noexcept { return executor(*this); }

inline void io_loop::step(ticks longest) {
  const ticks now = detail::steady::now();
  ticks sleep = longest;
  if (!timers_.empty()) sleep = (std::clamp)(timers_.begin()->first - now, ticks::zero(), sleep);
  if (posted() != 0) sleep = ticks::zero();

  std::array<epoll_event, 64> events;
  const int n = epoll_wait(poll_, events.data(), static_cast<int>(events.size()), static_cast<int>(sleep.count()));
  for (int i = 0; i < n; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    const std::uint64_t number = event.data.u64;  // a copy: the system's structure is packed
    if (number == 0) {
      std::uint64_t rings;
      [[maybe_unused]] const auto bytes = read(bell_, &rings, sizeof rings);
      continue;
    }
    const auto found = watches_.find(number);
    if (found == watches_.end()) continue;
    const watch& ready = *found->second;
    const bool broken = (event.events & (EPOLLERR | EPOLLHUP)) != 0;
    ready.fn_(ready.self_, ready.fd_, broken || (event.events & EPOLLIN) != 0, broken || (event.events & EPOLLOUT) != 0);
  }
  // Only what is posted by now: work that posts itself must not starve the sockets.
  for (std::size_t left = posted(); left != 0; --left) {
    task next;
    if (!take_posted(next)) break;
    next.fn(next.self);
  }
  for (const ticks due = detail::steady::now(); !timers_.empty() && timers_.begin()->first <= due;)
    timers_.begin()->second->ring();
}

/// An `io_loop` with a thread of its own. **Lifetime**: outlives the clients on it; its destructor stops the loop.
class AUDITOR_EXPORT io_thread {
 public:
  io_thread() : thread_([this] { loop_.run(); }) {}
  io_thread(const io_thread&) = delete;
  io_thread& operator=(const io_thread&) = delete;
  ~io_thread() {
    loop_.stop();
    thread_.join();
  }

  io_loop& loop() noexcept { return loop_; }
  io_loop::executor get_executor() noexcept { return loop_.get_executor(); }

 private:
  io_loop loop_;
  std::thread thread_;
};
static_assert(async_executor<io_loop::executor>);

}  // namespace AUDITOR_ABI
}  // namespace auditor
