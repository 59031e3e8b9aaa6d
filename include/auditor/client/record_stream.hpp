// A read as a loop of the caller's: `while (records.next(r)) ...`, then `records.finish()`. Constant memory.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/client/async_driver.hpp>
#include <auditor/client/blocking_driver.hpp>
#include <auditor/operation/read.hpp>

#include <coroutine>
#include <utility>

namespace auditor {
inline namespace AUDITOR_ABI {
/// **Lifetime**: the client outlives it; it does not move. **Threads**: one at a time.
/// **Memory**: one network buffer and the record in hand, however many come.
template <class Transport, class Executor, class Codec>
class [[nodiscard]] AUDITOR_EXPORT record_stream {
 public:
  record_stream(Transport& through, Executor& executor, const query& asked, const options& settings, const call_options& call)
      : read_(asked, settings, call), driver_(through, executor, read_, settings, call) {}
  record_stream(const record_stream&) = delete;
  record_stream& operator=(const record_stream&) = delete;
  /// In a debug build ends the program if nobody asked `finish()`: an end and an error must not look alike.
  ~record_stream() { detail::expect(asked_ || !exhausted_); }

  /// The next record, into memory that is used again; false at the end and at an error, `finish()` says which.
  bool next(record& reuse) {
    if (exhausted_) return false;
    if (driver_.next()) {
      failure_ = detail::fill<Codec>(reuse, read_.view(), read_.text());
      if (!failure_) return true;
    }
    exhausted_ = true;
    return false;
  }

  /// How the read ended: complete, none found, unproven, stopped (by you, before its end), or the error.
  result<read_summary> finish() {
    asked_ = true;
    if (failure_) return failure_;
    if (!exhausted_) read_.stop();
    return read_.take();
  }

 private:
  detail::read_operation read_;
  detail::blocking_driver<Transport, Executor> driver_;
  error failure_;
  bool exhausted_ = false, asked_ = false;
};

/// The same with an asynchronous executor: `while (co_await records.next(record)) ...`, then `records.finish()`.
/// **Lifetime**: as above; destroyed on the strand. **Memory**: no allocation by awaiting.
template <class Transport, class Executor, class Codec>
class [[nodiscard]] async_record_stream {
 public:
  async_record_stream(Transport& through, Executor& executor, const query& asked, const options& settings, const call_options& call)
      : read_(asked, settings, call),
        driver_(through, executor, read_, settings, call, {&async_record_stream::item, &async_record_stream::finished, this}) {}
  async_record_stream(const async_record_stream&) = delete;
  async_record_stream& operator=(const async_record_stream&) = delete;
  ~async_record_stream() { detail::expect(asked_ || !exhausted_); }

  /// What `next` gives to await: true with a record, false at the end and at an error.
  class [[nodiscard("await it")]] awaitable {
   public:
    awaitable(async_record_stream& records, record& reuse) noexcept : records_(records), reuse_(reuse) {}
    bool await_ready() const noexcept { return records_.exhausted_; }
    // False: a record was at hand, the coroutine goes on at once.
    bool await_suspend(std::coroutine_handle<> caller) {
      records_.caller_ = caller;
      records_.awaited_ = true;
      records_.go_on();
      return records_.awaited_;
    }
    bool await_resume() {
      if (records_.exhausted_) return false;
      records_.failure_ = detail::fill<Codec>(reuse_, records_.read_.view(), records_.read_.text());
      if (records_.failure_) records_.exhausted_ = true;
      return !records_.exhausted_;
    }

   private:
    async_record_stream& records_;
    record& reuse_;
  };
  awaitable next(record& reuse) noexcept { return {*this, reuse}; }

  /// How the read ended: complete, none found, unproven, stopped (by you, before its end), or the error.
  result<read_summary> finish() {
    asked_ = true;
    if (failure_) return failure_;
    if (!exhausted_) read_.stop();
    return read_.take();
  }

  /// Ends the read early. On the strand.
  void cancel() noexcept { driver_.cancel(); }

 private:
  void go_on() {
    in_call_ = true;
    if (std::exchange(started_, true))
      driver_.resume();
    else
      driver_.start();
    in_call_ = false;
  }
  static detail::reaction item(void* self) noexcept {
    static_cast<async_record_stream*>(self)->arrived();
    return detail::reaction::pause;
  }
  static void finished(void* self) noexcept {
    static_cast<async_record_stream*>(self)->exhausted_ = true;
    static_cast<async_record_stream*>(self)->arrived();
  }
  // Inside `next` the coroutine is not suspended yet: it goes on by itself.
  void arrived() {
    if (in_call_)
      awaited_ = false;
    else
      caller_.resume();
  }

  detail::read_operation read_;
  std::coroutine_handle<> caller_;
  error failure_;
  bool started_ = false, exhausted_ = false, asked_ = false, awaited_ = false, in_call_ = false;
  detail::async_driver<Transport, Executor> driver_;
};

namespace detail {

template <class Transport, class Executor, class Codec>
struct stream_type_of {
  using type = record_stream<Transport, Executor, Codec>;
};
template <class Transport, async_executor Executor, class Codec>
struct stream_type_of<Transport, Executor, Codec> {
  using type = async_record_stream<Transport, Executor, Codec>;
};
template <class Transport, class Executor, class Codec>
using stream_of = typename stream_type_of<Transport, Executor, Codec>::type;

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
