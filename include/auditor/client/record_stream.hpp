// A read as a loop of the caller's: `while (records.next(r)) ...`, then `records.finish()`. Constant memory.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/client/async_driver.hpp>
#include <auditor/client/blocking_driver.hpp>
#include <auditor/client/client_state.hpp>
#include <auditor/client/pending.hpp>
#include <auditor/client/unheard_end.hpp>
#include <auditor/operation/collect.hpp>

#include <concepts>
#include <coroutine>
#include <type_traits>
#include <utility>

namespace auditor {
inline namespace AUDITOR_ABI {
/// **Lifetime**: the client outlives it; it does not move. **Threads**: one at a time.
/// **Memory**: one network buffer and the record in hand, however many come.
template <class Transport, class Executor, class Codec>
class [[nodiscard]] AUDITOR_EXPORT record_stream {
 public:
  record_stream(detail::client_state<Transport, Executor>& of, const query& asked, const call_options& call)
      : open_(of.calls),
        read_(asked, of.settings, call, of.memory),
        driver_(of.transport, of.executor, read_, of.settings, call) {}
  record_stream(const record_stream&) = delete;
  record_stream& operator=(const record_stream&) = delete;
  /// Ends the program if the read failed and nobody asked `finish()`: an end and an error must not look alike. Not while an
  /// exception passes. A debug build does so where the read came to its end, too. See `set_panic_hook`.
  ~record_stream() {
    if (exhausted_) end_.check(outcome());
  }

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
    end_.heard();
    if (!failure_ && !exhausted_) read_.stop();
    return outcome();
  }

 private:
  result<read_summary> outcome() {
    if (failure_) return failure_;
    return read_.take();
  }

  detail::open_call open_;
  detail::read_operation read_;
  detail::blocking_driver<Transport, Executor> driver_;
  error failure_;
  detail::unheard_end end_;
  bool exhausted_ = false;
};

/// The same with an asynchronous executor: `while (co_await records.next(record)) ...`, then `records.finish()`.
/// **Lifetime**: as above; destroyed on the strand. **Memory**: no allocation by awaiting a `pending`; other tokens make
/// one each time.
template <class Transport, class Executor, class Codec>
class [[nodiscard]] async_record_stream {
 public:
  async_record_stream(detail::client_state<Transport, Executor>& of, const query& asked, const call_options& call)
      : open_(of.calls),
        executor_(of.executor),
        read_(asked, of.settings, call, of.memory),
        driver_(of.transport, of.executor, read_, of.settings, call,
                {&async_record_stream::item, &async_record_stream::finished, this}) {}
  async_record_stream(const async_record_stream&) = delete;
  async_record_stream& operator=(const async_record_stream&) = delete;
  /// As that of the blocking one. Calls of `next` under way are dropped without a word.
  ~async_record_stream() {
    if (exhausted_) end_.check(outcome());
  }

  /// The next record, into memory that is used again: true; false at the end and at an error. One at a time, on the strand.
  template <class Token = detail::default_token_t<Executor>>
  auto next(record& reuse, Token&& how = {}) {
    if constexpr (std::same_as<std::remove_cvref_t<Token>, use_pending_t>)
      return awaitable(*this, reuse);
    else
      return detail::deliver(executor_, next_call(*this, reuse), std::forward<Token>(how));
  }

  /// How the read ended: complete, none found, unproven, stopped (by you, before its end), or the error.
  result<read_summary> finish() {
    end_.heard();
    if (!failure_ && !exhausted_) read_.stop();
    return outcome();
  }

  /// Ends the read early. On the strand.
  void cancel() noexcept { driver_.cancel(); }

 private:
  // Whom to tell that a record is there, or that there are no more. Null while `next` has not returned yet.
  using resume_function = void (*)(void* self) noexcept;

  class [[nodiscard("await it")]] awaitable {
   public:
    awaitable(async_record_stream& records, record& reuse) noexcept : records_(records), reuse_(reuse) {}
    bool await_ready() const noexcept { return records_.exhausted_; }
    // False: a record was at hand, the coroutine goes on at once.
    bool await_suspend(std::coroutine_handle<> caller) {
      return !records_.go_on([](void* frame) noexcept { std::coroutine_handle<>::from_address(frame).resume(); },
                             caller.address());
    }
    bool await_resume() { return records_.filled(reuse_); }

   private:
    async_record_stream& records_;
    record& reuse_;
  };

  // The same for tokens: `start(handler)` calls `handler(bool)` once, perhaps before it returns.
  class next_call {
   public:
    using value_type = bool;
    next_call(async_record_stream& records, record& reuse) noexcept : records_(records), reuse_(reuse) {}
    template <class Handler, class Announce = detail::unannounced>
    void start(Handler handler, Announce announce = {}) {
      struct waiting {
        async_record_stream& records;
        record& reuse;
        Handler handler;
      };
      announce(records_);
      auto* one = new waiting{records_, reuse_, std::move(handler)};
      const auto tell = [](void* self) noexcept {
        auto* told = static_cast<waiting*>(self);
        const bool more = told->records.filled(told->reuse);
        Handler tell_now = std::move(told->handler);
        delete told;
        tell_now(more);
      };
      if (records_.exhausted_ || records_.go_on(tell, one)) tell(one);
    }

   private:
    async_record_stream& records_;
    record& reuse_;
  };

  // True: it is there already, and nobody will be told.
  bool go_on(resume_function tell, void* self) {
    tell_ = nullptr;
    arrived_ = false;
    if (std::exchange(started_, true))
      driver_.resume();
    else
      driver_.start();
    tell_ = tell;
    told_ = self;
    return arrived_;
  }
  bool filled(record& reuse) {
    if (exhausted_) return false;
    failure_ = detail::fill<Codec>(reuse, read_.view(), read_.text());
    exhausted_ = failure_.code != errc::ok;
    return !exhausted_;
  }

  static detail::reaction item(void* self) noexcept {
    static_cast<async_record_stream*>(self)->arrived();
    return detail::reaction::pause;
  }
  static void finished(void* self) noexcept {
    static_cast<async_record_stream*>(self)->exhausted_ = true;
    static_cast<async_record_stream*>(self)->arrived();
  }
  result<read_summary> outcome() {
    if (failure_) return failure_;
    return read_.take();
  }
  void arrived() {
    arrived_ = true;
    if (tell_ != nullptr) std::exchange(tell_, nullptr)(told_);
  }

  detail::open_call open_;
  Executor& executor_;
  detail::read_operation read_;
  error failure_;
  resume_function tell_ = nullptr;
  void* told_ = nullptr;
  detail::unheard_end end_;
  bool started_ = false, exhausted_ = false, arrived_ = false;
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
