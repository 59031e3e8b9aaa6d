// Bodies of executor/io_loop.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/executor/io_loop.hpp>

#include <signal.h>

#include <algorithm>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

namespace auditor {
inline namespace AUDITOR_ABI {

AUDITOR_DECL io_loop::~io_loop() {
  state_->sockets.close();
  if (!owner_.is_this()) detail::leave_to_parent(state_.release());
}

AUDITOR_DECL error io_loop::problem() const noexcept {
  if (!owner_.is_this())
    return error(errc::invalid_argument, "the io_loop or io_thread is the parent's; make one of your own after fork()");
  if (!state_->sockets.works())
    return error(errc::invalid_argument, "no file descriptor was left for the io_loop or io_thread; see `ulimit -n`");
  return {};
}

AUDITOR_DECL void io_loop::run() {
  if (!works()) return;
  enter();
  while (!stopped_.load()) step(longest_sleep);
  leave();
}

AUDITOR_DECL void io_loop::run_once(ticks longest) {
  if (!works()) return;
  const bool inside = is_running_here();
  if (!inside) enter();
  step((std::clamp)(longest, ticks::zero(), longest_sleep));
  if (!inside) leave();
}

AUDITOR_DECL void io_loop::stop() noexcept {
  stopped_.store(true);
  ring();
}

AUDITOR_DECL bool io_loop::is_running_here() const noexcept { return state_->runner.load() == std::this_thread::get_id(); }

AUDITOR_DECL void io_loop::enter() {
  std::unique_lock lock(state_->mutex);
  state_->runner_changed.wait(lock, [this] { return state_->runner.load() == std::thread::id(); });
  state_->runner.store(std::this_thread::get_id());
}

AUDITOR_DECL void io_loop::leave() {
  const std::lock_guard lock(state_->mutex);
  state_->runner.store(std::thread::id());
  state_->runner_changed.notify_all();
}

AUDITOR_DECL void io_loop::post(const task& next) {
  {
    const std::lock_guard lock(state_->mutex);
    state_->posted.push_back(next);
    ++*next.times;
  }
  if (!is_running_here()) ring();
}

AUDITOR_DECL void io_loop::forget(const void* owner, unsigned& times) noexcept {
  const std::lock_guard lock(state_->mutex);
  if (std::exchange(times, 0) == 0) return;
  std::erase_if(state_->posted, [owner](const task& each) { return each.owner == owner; });
}

AUDITOR_DECL bool io_loop::take_posted(task& next) {
  const std::lock_guard lock(state_->mutex);
  if (state_->posted.empty()) return false;
  next = state_->posted.front();
  state_->posted.pop_front();
  if (next.times != nullptr) --*next.times;
  return true;
}

AUDITOR_DECL std::size_t io_loop::posted() const {
  const std::lock_guard lock(state_->mutex);
  return state_->posted.size();
}

AUDITOR_DECL io_loop::wakeup::wakeup(const executor& on, void (*fn)(void*) noexcept, void* self) noexcept
    : loop_(on.loop()), fn_(fn), self_(self) {}

AUDITOR_DECL io_loop::wakeup::~wakeup() {
  if (used_) cancel();
}

AUDITOR_DECL void io_loop::wakeup::post() {
  if (!loop_.works()) return fn_(self_);  // nobody else would: it fails here and now
  used_ = true;
  loop_.post({this, fn_, self_, &posted_});
}

AUDITOR_DECL void io_loop::wakeup::wake_at(ticks time) {
  if (!loop_.works()) return;
  used_ = true;
  if (time_ != never) loop_.state_->timers.erase({time_, this});
  time_ = time;
  loop_.state_->timers.insert({time_, this});
}

AUDITOR_DECL void io_loop::wakeup::cancel() noexcept {
  if (!loop_.works()) return;
  if (time_ != never) loop_.state_->timers.erase({std::exchange(time_, never), this});
  loop_.forget(this, posted_);
}

AUDITOR_DECL void io_loop::wakeup::ring() {
  loop_.state_->timers.erase({std::exchange(time_, never), this});
  fn_(self_);
}

AUDITOR_DECL io_loop::watch::watch(const executor& on, int fd,
                                   void (*fn)(void* self, int fd, bool readable, bool writable) noexcept, void* self)
    : loop_(on.loop()), fd_(fd), fn_(fn), self_(self), id_(++loop_.state_->last_watch) {
  loop_.state_->watches.emplace(id_, this);
}

AUDITOR_DECL io_loop::watch::~watch() {
  if (!loop_.works()) return;
  loop_.state_->watches.erase(id_);
  loop_.state_->sockets.forget(fd_, id_);
}

AUDITOR_DECL void io_loop::watch::want(bool read, bool write) {
  if (!loop_.works()) return;
  // A broken connection is reported whatever is wanted: it would wake the loop again and again.
  if (!read && !write)
    loop_.state_->sockets.forget(fd_, id_);
  else
    loop_.state_->sockets.want(fd_, read, write, id_);
}

AUDITOR_DECL void io_loop::watch::rest() noexcept {
  if (loop_.works()) loop_.state_->sockets.rest(fd_, id_);
}

AUDITOR_DECL void io_loop::step(ticks longest) {
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

AUDITOR_DECL io_thread::io_thread() {
  if (!problem()) start();
}

AUDITOR_DECL io_thread::~io_thread() {
  if (!thread_.joinable()) return;
  if (!owner_.is_this()) {
    std::construct_at(&thread_);  // neither joined nor detached: its number may be another thread's by now
    return;
  }
  loop_.stop();
  thread_.join();
}

AUDITOR_DECL void io_thread::start() {
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

}  // namespace AUDITOR_ABI
}  // namespace auditor
