// An executor of its own for asynchronous clients: timers and sockets on epoll or poll(2), on one thread.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#ifdef _WIN32
#error \
    "auditor/executor/io_loop.hpp needs epoll or poll(2): on Windows use auditor/ext/beast.hpp, auditor/transport/curl.hpp or an executor of your own"
#include <auditor/see_the_error_above>  // there is no such file
#endif

#include <auditor/base/error.hpp>
#include <auditor/executor/process.hpp>
#include <auditor/executor/ready_sockets.hpp>
#include <auditor/executor/steady.hpp>
#include <auditor/http/executor.hpp>

#include <signal.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <set>
#include <thread>
#include <unordered_map>
#include <utility>

namespace auditor {
inline namespace AUDITOR_ABI {

/// A loop that the calling thread runs; see `io_thread` for one with a thread of its own. Everything about the calls of
/// its clients happens on the thread that runs it.
///
/// ```cpp
/// auditor::io_loop loop;  // outlives the client
/// auto client = auditor::async_client_builder().address("localhost", 8000).build(loop.get_executor()).value();
/// client.add(record, {}, [&loop](auditor::result<auditor::receipt> added) {  // called inside run()
///   if (!added) std::cerr << message(added.error()) << '\n';
///   loop.stop();
/// });
/// loop.run();
/// ```
/// **Errors**: `problem()`. **Threads**: one at a time runs it, a second one that tries waits until the first has left; `stop`,
/// `sync` and beginning a call from any. **Memory**: two file descriptors, and a few dozen bytes for each timer and socket.
/// **Lifetime**: outlives its executors, wakeups and watches.
///
/// After `fork` it is the parent's alone: in the child nothing runs on it, each call of a client on it ends at once with the
/// error of `problem()`, and destructors only let go of what was inherited. Make a new one in the child.
class AUDITOR_EXPORT io_loop {
 public:
  io_loop() = default;
  io_loop(const io_loop&) = delete;
  io_loop& operator=(const io_loop&) = delete;
  ~io_loop() {
    state_->sockets.close();
    if (!owner_.is_this()) detail::leave_to_parent(state_.release());
  }

  class executor;
  class wakeup;
  class watch;

  /// What clients are built on.
  executor get_executor() noexcept;

  /// Why nothing runs on it: the system had no file descriptors left for it, or fork() came after it. No error: it works.
  /// A builder of a client asks.
  error problem() const noexcept {
    if (!owner_.is_this())
      return error(errc::invalid_argument, "the io_loop or io_thread is the parent's; make one of your own after fork()");
    if (!state_->sockets.works())
      return error(errc::invalid_argument, "no file descriptor was left for the io_loop or io_thread; see `ulimit -n`");
    return {};
  }

  /// Runs until `stop`, also while there is nothing to do; returns at once where nothing works (`problem()`), or when it has
  /// been stopped: for good, that is.
  void run() {
    if (!works()) return;
    enter();
    while (!stopped_.load()) step(longest_sleep);
    leave();
  }
  /// Runs what is due, waiting at most this long for something: for programs with a loop of their own. `ticks{0}` only looks.
  /// A callback may call it.
  void run_once(ticks longest) {
    if (!works()) return;
    const bool inside = is_running_here();
    if (!inside) enter();
    step((std::clamp)(longest, ticks::zero(), longest_sleep));
    if (!inside) leave();
  }
  /// Makes `run` return soon; pending calls stay as they are. Safe from any thread and from a signal handler.
  void stop() noexcept {
    stopped_.store(true);
    ring();
  }

  /// Does `work()` on the thread that runs the loop, and waits for its end; here, while nobody runs it. For what belongs to the
  /// strand: destroying a stream or a `pending` whose call is under way. `work` must not throw.
  template <class Work>
  void sync(Work work) {
    if (!works() || is_running_here()) return work();
    struct job {
      io_loop& loop;
      Work& work;
      bool done = false;
    } one{*this, work};
    {
      std::unique_lock lock(state_->mutex);
      if (state_->runner.load() != std::thread::id()) {
        state_->posted.push_back({&one,
                                  [](void* self) noexcept {
                                    auto& posted = *static_cast<job*>(self);
                                    posted.work();
                                    const std::lock_guard done(posted.loop.state_->mutex);
                                    posted.done = true;
                                    posted.loop.state_->runner_changed.notify_all();
                                  },
                                  &one});
        ring();
        // Who runs the loop may also leave it before it comes to this.
        state_->runner_changed.wait(lock, [&] { return one.done || state_->runner.load() == std::thread::id(); });
        if (one.done) return;
        std::erase_if(state_->posted, [&one](const task& each) { return each.owner == &one; });
      }
      state_->runner.store(std::this_thread::get_id());
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

  bool works() const noexcept { return state_->sockets.works() && owner_.is_this(); }
  bool is_running_here() const noexcept { return state_->runner.load() == std::this_thread::get_id(); }
  void enter() {
    std::unique_lock lock(state_->mutex);
    state_->runner_changed.wait(lock, [this] { return state_->runner.load() == std::thread::id(); });
    state_->runner.store(std::this_thread::get_id());
  }
  void leave() {
    const std::lock_guard lock(state_->mutex);
    state_->runner.store(std::thread::id());
    state_->runner_changed.notify_all();
  }

  void ring() const noexcept { state_->sockets.ring(); }

  void post(const task& next) {
    {
      const std::lock_guard lock(state_->mutex);
      state_->posted.push_back(next);
    }
    if (!is_running_here()) ring();
  }
  void forget(const void* owner) noexcept {
    const std::lock_guard lock(state_->mutex);
    std::erase_if(state_->posted, [owner](const task& each) { return each.owner == owner; });
  }

  bool take_posted(task& next) {
    const std::lock_guard lock(state_->mutex);
    if (state_->posted.empty()) return false;
    next = state_->posted.front();
    state_->posted.pop_front();
    return true;
  }
  std::size_t posted() const {
    const std::lock_guard lock(state_->mutex);
    return state_->posted.size();
  }

  void step(ticks longest);

  // Apart, so that a child process can leave all of it as it is.
  struct state {
    std::atomic<std::thread::id> runner{};
    std::mutex mutex;
    std::condition_variable runner_changed;
    std::deque<task> posted;                            // under the mutex
    std::set<std::pair<ticks, wakeup*>> timers;         // the rest is the loop's thread's
    std::unordered_map<std::uint64_t, watch*> watches;  // by number: a watch may go while its event waits
    std::uint64_t last_watch = 0;
    detail::ready_sockets sockets;
  };

  std::atomic<bool> stopped_{false};
  detail::owning_process owner_;
  std::unique_ptr<state> state_ = std::make_unique<state>();
};

/// Satisfies `async_executor` and `socket_executor`. A handle on the loop, to be copied freely.
class AUDITOR_EXPORT io_loop::executor {
 public:
  using wakeup = io_loop::wakeup;
  using watch = io_loop::watch;

  /// On this loop, which outlives it.
  explicit executor(io_loop& loop) noexcept : loop_(&loop) {}
  ticks now() const noexcept { return detail::steady::now(); }
  std::uint64_t random() { return steady_.random(); }
  /// As `io_loop::sync`.
  template <class Work>
  void sync(Work work) {
    loop_->sync(std::move(work));
  }
  /// The loop.
  io_loop& loop() const noexcept { return *loop_; }
  /// As `io_loop::problem`.
  error problem() const noexcept { return loop_->problem(); }

 private:
  io_loop* loop_;
  detail::steady steady_;
};

/// What `async_executor` asks for. **Threads**: `post` from any, everything else on the loop's.
class AUDITOR_EXPORT io_loop::wakeup {
 public:
  /// Nothing is asked for yet. **Lifetime**: the loop and `self` outlive it.
  wakeup(const executor& on, void (*fn)(void*) noexcept, void* self) noexcept : loop_(on.loop()), fn_(fn), self_(self) {}
  wakeup(const wakeup&) = delete;
  wakeup& operator=(const wakeup&) = delete;
  ~wakeup() {
    if (used_) cancel();
  }

  void post() {
    if (!loop_.works()) return fn_(self_);  // nobody else would: it fails here and now
    used_ = true;
    loop_.post({this, fn_, self_});
  }
  void wake_at(ticks time) {
    if (!loop_.works()) return;
    used_ = true;
    if (time_ != never) loop_.state_->timers.erase({time_, this});
    time_ = time;
    loop_.state_->timers.insert({time_, this});
  }
  /// The same: this loop ends when it is told to, and not for want of work.
  void wake_untracked_at(ticks time) { wake_at(time); }
  void cancel() noexcept {
    if (!loop_.works()) return;
    if (time_ != never) loop_.state_->timers.erase({std::exchange(time_, never), this});
    loop_.forget(this);
  }

 private:
  friend class io_loop;
  static constexpr ticks never{(ticks::min)()};

  void ring() {
    loop_.state_->timers.erase({std::exchange(time_, never), this});
    fn_(self_);
  }

  io_loop& loop_;
  void (*fn_)(void*) noexcept;
  void* self_;
  ticks time_ = never;
  bool used_ = false;
};

/// Tells when a socket is ready, for transports on this loop: as long as it is, `fn(self, fd, readable, writable)` is called
/// again. A broken connection counts as both. **Threads**: the loop's. **Lifetime**: the socket is its owner's, who may close
/// it first, and then destroys the watch, or wants nothing: the number may soon be another file's. Within `fn` any watch may
/// be destroyed.
class AUDITOR_EXPORT io_loop::watch {
 public:
  /// Watches a socket; nothing is wanted yet.
  watch(const executor& on, int fd, void (*fn)(void* self, int fd, bool readable, bool writable) noexcept, void* self)
      : loop_(on.loop()), fd_(fd), fn_(fn), self_(self), id_(++loop_.state_->last_watch) {
    loop_.state_->watches.emplace(id_, this);
  }
  watch(const watch&) = delete;
  watch& operator=(const watch&) = delete;
  /// The socket may be closed by now.
  ~watch() {
    if (!loop_.works()) return;
    loop_.state_->watches.erase(id_);
    loop_.state_->sockets.forget(fd_, id_);
  }

  /// Nothing is wanted at first. Replaces what was.
  void want(bool read, bool write) {
    if (!loop_.works()) return;
    // A broken connection is reported whatever is wanted: it would wake the loop again and again.
    if (!read && !write)
      loop_.state_->sockets.forget(fd_, id_);
    else
      loop_.state_->sockets.want(fd_, read, write, id_);
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
  if (!state_->timers.empty()) sleep = (std::clamp)(state_->timers.begin()->first - now, ticks::zero(), sleep);
  if (posted() != 0) sleep = ticks::zero();

  for (const detail::ready_socket& ready : state_->sockets.look(static_cast<int>(sleep.count()))) {
    const auto found = state_->watches.find(ready.id);
    if (found == state_->watches.end()) continue;
    const watch& told = *found->second;
    told.fn_(told.self_, told.fd_, ready.readable, ready.writable);
  }
  // Only what is posted by now: work that posts itself must not starve the sockets.
  for (std::size_t left = posted(); left != 0; --left) {
    task next;
    if (!take_posted(next)) break;
    next.fn(next.self);
  }
  for (const ticks due = detail::steady::now(); !state_->timers.empty() && state_->timers.begin()->first <= due;)
    state_->timers.begin()->second->ring();
}

/// An `io_loop` with a thread of its own, which takes no signals: they go to the threads of the program.
///
/// ```cpp
/// auditor::io_thread thread;
/// auto client = auditor::async_client_builder().address("localhost", 8000).build(thread.get_executor()).value();
/// auto added = client.add(record, {}, auditor::use_future);  // from any thread; callbacks come on the loop's
/// if (!added.get()) return 1;
/// ```
/// **Errors**: `problem()`, as the loop's; a builder of a client on it returns it. The constructor throws what `std::thread`
/// does where no thread can be made. **Threads**: a callback must not wait for another call on the same loop: nobody would
/// run that. **Lifetime**: outlives the clients on it; its destructor stops the loop, and calls that are still pending are
/// never told: `drain` first. After `fork` as the loop: in the child there is no such thread.
class AUDITOR_EXPORT io_thread {
 public:
  io_thread() {
    if (!problem()) start();
  }
  io_thread(const io_thread&) = delete;
  io_thread& operator=(const io_thread&) = delete;
  ~io_thread() {
    if (!thread_.joinable()) return;
    if (!owner_.is_this()) {
      std::construct_at(&thread_);  // neither joined nor detached: its number may be another thread's by now
      return;
    }
    loop_.stop();
    thread_.join();
  }

  /// As `io_loop::problem`.
  error problem() const noexcept { return loop_.problem(); }

  /// Its loop.
  io_loop& loop() noexcept { return loop_; }
  io_loop::executor get_executor() noexcept { return loop_.get_executor(); }

 private:
  void start() {
    // A thread begins with the mask of the one that makes it. Put back also when no thread can be made.
    struct no_signals {
      no_signals() noexcept {
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before);
      }
      ~no_signals() { pthread_sigmask(SIG_SETMASK, &before, nullptr); }
      sigset_t before;
    } const masked;
    thread_ = std::thread([this] { loop_.run(); });
  }

  io_loop loop_;
  detail::owning_process owner_;
  std::thread thread_;
};
static_assert(async_executor<io_loop::executor>);

}  // namespace AUDITOR_ABI
}  // namespace auditor
