// An executor of its own for asynchronous clients: timers and sockets on epoll or poll(2), on one thread.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#ifdef _WIN32
#error \
    "auditor/executor/io_loop.hpp needs epoll or poll(2): on Windows use auditor/ext/beast.hpp, auditor/transport/curl.hpp or an executor of your own"
#include <auditor/see_the_error_above>  // there is no such file
#endif

#include <auditor/base/error.hpp>
#include <auditor/executor/bodies.hpp>
#include <auditor/executor/process.hpp>
#include <auditor/executor/ready_sockets.hpp>
#include <auditor/executor/steady.hpp>
#include <auditor/http/executor.hpp>

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
  ~io_loop();

  class executor;
  class wakeup;
  class watch;

  /// What clients are built on.
  executor get_executor() noexcept;

  /// Why nothing runs on it: the system had no file descriptors left for it, or fork() came after it. No error: it works.
  /// A builder of a client asks.
  error problem() const noexcept;

  /// Runs until `stop`, also while there is nothing to do; returns at once where nothing works (`problem()`), or when it has
  /// been stopped: for good, that is.
  void run();
  /// Runs what is due, waiting at most this long for something: for programs with a loop of their own. `ticks{0}` only looks.
  /// A callback may call it.
  void run_once(ticks longest);
  /// Makes `run` return soon; pending calls stay as they are. Safe from any thread and from a signal handler.
  void stop() noexcept;

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
    unsigned* times = nullptr;  // how many of its owner's are posted, where anybody wants to know; under the mutex
  };

  bool works() const noexcept { return state_->sockets.works() && owner_.is_this(); }
  bool is_running_here() const noexcept;
  void enter();
  void leave();

  void ring() const noexcept { state_->sockets.ring(); }

  void post(const task& next);
  // One that has none posted need not be looked for among those of all others.
  void forget(const void* owner, unsigned& times) noexcept;

  bool take_posted(task& next);
  std::size_t posted() const;

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
  wakeup(const executor& on, void (*fn)(void*) noexcept, void* self) noexcept;
  wakeup(const wakeup&) = delete;
  wakeup& operator=(const wakeup&) = delete;
  ~wakeup();

  void post();
  void wake_at(ticks time);
  /// The same: this loop ends when it is told to, and not for want of work.
  void wake_untracked_at(ticks time) { wake_at(time); }
  void cancel() noexcept;

 private:
  friend class io_loop;
  static constexpr ticks never{(ticks::min)()};

  void ring();

  io_loop& loop_;
  void (*fn_)(void*) noexcept;
  void* self_;
  ticks time_ = never;
  unsigned posted_ = 0;
  bool used_ = false;
};

/// Tells when a socket is ready, for transports on this loop: as long as it is, `fn(self, fd, readable, writable)` is called
/// again. A broken connection counts as both. **Threads**: the loop's. **Lifetime**: the socket is its owner's, who may close
/// it first, and then destroys the watch, or wants nothing: the number may soon be another file's. Within `fn` any watch may
/// be destroyed.
class AUDITOR_EXPORT io_loop::watch {
 public:
  /// Watches a socket; nothing is wanted yet.
  watch(const executor& on, int fd, void (*fn)(void* self, int fd, bool readable, bool writable) noexcept, void* self);
  watch(const watch&) = delete;
  watch& operator=(const watch&) = delete;
  /// The socket may be closed by now.
  ~watch();

  /// Nothing is wanted at first. Replaces what was.
  void want(bool read, bool write);
  /// Wants nothing until the next `want`, of which the system need not hear if it is for the same: for a socket that is kept for
  /// later. Whoever closes one that rests destroys the watch.
  void rest() noexcept;

 private:
  friend class io_loop;
  io_loop& loop_;
  int fd_;
  void (*fn_)(void*, int, bool, bool) noexcept;
  void* self_;
  std::uint64_t id_;
};

inline io_loop::executor io_loop::get_executor() noexcept { return executor(*this); }

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
  io_thread();
  io_thread(const io_thread&) = delete;
  io_thread& operator=(const io_thread&) = delete;
  ~io_thread();

  /// As `io_loop::problem`.
  error problem() const noexcept { return loop_.problem(); }

  /// Its loop.
  io_loop& loop() noexcept { return loop_; }
  io_loop::executor get_executor() noexcept { return loop_.get_executor(); }

 private:
  void start();

  io_loop loop_;
  detail::owning_process owner_;
  std::thread thread_;
};
static_assert(async_executor<io_loop::executor>);

}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_IO_LOOP_BODIES
#include <auditor/impl/executor/io_loop.ipp>
#endif
