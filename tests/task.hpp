// A coroutine for tests: it starts at once, and its frame goes when its owner says so.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <coroutine>
#include <exception>
#include <utility>

class task {
 public:
  struct promise_type {
    task get_return_object() { return task(std::coroutine_handle<promise_type>::from_promise(*this)); }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    void return_void() noexcept {}
    void unhandled_exception() { thrown = std::current_exception(); }
    std::exception_ptr thrown;
  };
  explicit task(std::coroutine_handle<promise_type> frame) : frame_(frame) {}
  task(task&& other) noexcept : frame_(std::exchange(other.frame_, {})) {}
  task& operator=(task&&) = delete;
  ~task() { destroy(); }

  // Throws what the coroutine threw.
  bool done() const {
    if (frame_.promise().thrown) std::rethrow_exception(frame_.promise().thrown);
    return frame_.done();
  }
  void destroy() {
    if (frame_) std::exchange(frame_, {}).destroy();
  }
  std::coroutine_handle<> release() { return std::exchange(frame_, {}); }

 private:
  std::coroutine_handle<promise_type> frame_;
};
