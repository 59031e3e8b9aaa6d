// A read as a loop of the caller's: `while (records.next(r)) ...`, then `records.finish()`. Constant memory.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/client/async_driver.hpp>
#include <auditor/client/blocking_driver.hpp>
#include <auditor/client/client_state.hpp>
#include <auditor/client/executor_type.hpp>
#include <auditor/client/one_allocation.hpp>
#include <auditor/client/pending.hpp>
#include <auditor/client/unheard_end.hpp>
#include <auditor/operation/collect.hpp>

#include <concepts>
#include <coroutine>
#include <new>
#include <type_traits>
#include <utility>

namespace auditor {
inline namespace AUDITOR_ABI {

/// A read as a loop, of a blocking client: made by `client.stream`.
///
/// ```cpp
/// auto records = client.stream(auditor::query{});
/// auditor::record r;
/// while (records.next(r)) charge(r);
/// if (const auto read = records.finish(); !read) std::cerr << message(read.error());
/// ```
/// Every loop that runs to its end asks `finish()`. Leaving it by `break`, `return` or an exception needs none.
/// **Lifetime**: the client outlives it; it does not move. **Threads**: one at a time.
/// **Memory**: one network buffer and the record in hand, however many come.
template <class Transport, class Executor, class Codec>
class [[nodiscard]] AUDITOR_EXPORT record_stream {
 public:
  /// Made by `client::stream`.
  record_stream(detail::client_state<Transport, Executor>& of, query asked, const read_options& call)
      : open_(of.calls),
        read_(std::move(asked), of.lend(), call),
        driver_(of, detail::driven::of(read_), detail::limits_of(call)) {}
  record_stream(const record_stream&) = delete;
  record_stream& operator=(const record_stream&) = delete;
  /// Ends the program if the read failed and nobody asked `finish()`: an end and an error must not look alike. Not while an
  /// exception passes. A debug build does so where the read came to its end, too. See `set_panic_hook`.
  ~record_stream() {
    if (exhausted_) end_.check(outcome());
  }

  /// The next record, into memory that is used again; false at the end and at an error, `finish()` says which. After a
  /// `bad_alloc` the same record comes again.
  bool next(record& reuse) {
    if (exhausted_) return false;
    if (in_hand_ || driver_.next()) {
      in_hand_ = true;
      failure_ = read_.fill(reuse, detail::fill_of<Codec>);
      in_hand_ = false;
      if (!failure_) return true;
    }
    exhausted_ = true;
    return false;
  }

  /// The same without a copy: a view, **lifetime** until the next `next`. Only of the built-in codec.
  bool next(record_view& seen)
    requires std::same_as<Codec, builtin_codec>
  {
    exhausted_ = exhausted_ || !(in_hand_ || driver_.next());
    in_hand_ = false;
    if (!exhausted_) seen = read_.view();
    return !exhausted_;
  }

  /// How the read ended: complete, none found, unproven, or the error; before its end this stops it, and no more records come.
  /// **Errors**: those of `client::for_each`. May be asked again.
  result<read_summary> finish() {
    end_.heard();
    if (!exhausted_) read_.stop();
    exhausted_ = true;
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
  bool in_hand_ = false;  // a record that the caller has not got yet
};

/// The same of an asynchronous client: `while (co_await records.next(record)) ...`, then `records.finish()`.
/// **Lifetime**: as above; destroyed on the strand, and what waits for the next record is then dropped without a word: a
/// handler is destroyed. **Threads**: `next` from any thread, but for a second `co_await` of `use_pending`, which is on the
/// strand anyway; everything else on the strand. **Memory**: no allocation by awaiting a `pending`; other tokens make one
/// each time.
template <class Transport, class Executor, class Codec>
class [[nodiscard]] async_record_stream {
 public:
  using executor_type = detail::executor_type_of<Executor>;

  /// Made by `client::stream`.
  async_record_stream(detail::client_state<Transport, Executor>& of, query asked, const read_options& call)
      : open_(of.calls),
        executor_(of.executor),
        read_(std::move(asked), of.lend(), call),
        turn_(of.executor, &async_record_stream::has_turn, this),
        driver_(of, read_, detail::limits_of(call), {&async_record_stream::item, &async_record_stream::finished, this}) {}
  async_record_stream(const async_record_stream&) = delete;
  async_record_stream& operator=(const async_record_stream&) = delete;
  /// As that of the blocking one.
  ~async_record_stream() {
    if (exhausted_) end_.check(outcome());
    if (waits_.drop != nullptr) std::exchange(waits_, {}).forget();
  }

  executor_type get_executor() const noexcept { return detail::executor_of(executor_); }

  /// The next record, into memory that is used again: true; false at the end and at an error. One at a time.
  template <class Token = detail::default_token_t<Executor>>
  auto next(record& reuse, Token&& how = {}) {
    if constexpr (std::same_as<std::remove_cvref_t<Token>, use_pending_t>)
      return awaitable(*this, reuse);
    else
      return detail::deliver(executor_, next_call(*this, reuse), std::forward<Token>(how));
  }

  /// How the read ended: complete, none found, unproven, or the error; before its end this stops it, and no more records come.
  /// **Errors**: those of `client::for_each`. May be asked again.
  result<read_summary> finish() {
    end_.heard();
    if (!exhausted_) read_.stop();
    exhausted_ = true;
    return outcome();
  }

  /// Ends the read early. On the strand.
  void cancel() noexcept { driver_.cancel(); }

 private:
  // Who waits for the next record: to be told that it is there, or that there are no more; or to be dropped, with the stream.
  struct waiting {
    void (*tell)(void* self) noexcept = nullptr;
    void (*drop)(void* self) noexcept = nullptr;
    void* self = nullptr;

    void go_on() const noexcept { tell(self); }
    void forget() const noexcept { drop(self); }
  };

  class [[nodiscard("await it")]] awaitable {
   public:
    awaitable(async_record_stream& records, record& reuse) noexcept : records_(&records), reuse_(reuse) {}
    awaitable(const awaitable&) = delete;
    awaitable& operator=(const awaitable&) = delete;
    ~awaitable() {
      if (records_ != nullptr && records_->waits_.self == this) records_->waits_ = {};
    }

    bool await_ready() const noexcept { return records_->exhausted_; }
    // False: a record was at hand, the coroutine goes on at once.
    bool await_suspend(std::coroutine_handle<> caller) {
      caller_ = caller;
      return !records_->go_on({[](void* self) noexcept { static_cast<awaitable*>(self)->caller_.resume(); },
                               [](void* self) noexcept { static_cast<awaitable*>(self)->records_ = nullptr; }, this});
    }
    bool await_resume() noexcept { return records_->filled(reuse_); }

   private:
    async_record_stream* records_;
    record& reuse_;
    std::coroutine_handle<> caller_;
  };

  // The same for tokens: `start(handler)` calls `handler(bool)` once, on the strand and never before it returns.
  class next_call {
   public:
    using value_type = bool;
    static constexpr bool changes_nothing = false;  // the read is over when it is ended

    next_call(async_record_stream& records, record& reuse) noexcept : records_(records), reuse_(reuse) {}

    template <class Handler, class Announce = detail::unannounced>
    void start(Handler handler, Announce announce = {}) {
      struct held {
        async_record_stream& records;
        record& reuse;
        Handler handler;
      };
      announce(records_);
      auto* one = detail::one_allocation<held>::make(
          handler, [&](void* room) { new (room) held{records_, reuse_, std::move(handler)}; });
      records_.waits_ = {[](void* self) noexcept {
                           auto* told = static_cast<held*>(self);
                           const bool more = told->records.filled(told->reuse);
                           Handler tell = std::move(told->handler);
                           detail::one_allocation<held>::free(told, tell);
                           tell(more);
                         },
                         [](void* self) noexcept {
                           auto* dropped = static_cast<held*>(self);
                           const Handler last = std::move(dropped->handler);
                           detail::one_allocation<held>::free(dropped, last);
                         },
                         one};
      records_.turn_.post();
    }
    /// Why there are no more, for tokens that tell errors; it counts as `finish()`.
    auto why_it_ended() const noexcept {
      return [&records = records_] { return records.finish().error(); };
    }

   private:
    async_record_stream& records_;
    record& reuse_;
  };

  // True: it is there already, and nobody will be told.
  bool go_on(const waiting& caller) {
    if (!started_) {
      started_ = true;
      waits_ = caller;
      driver_.start();  // from here on the strand may be at work
      return false;
    }
    waits_ = {};
    arrived_ = false;
    driver_.resume();
    if (!arrived_) waits_ = caller;
    return arrived_;
  }
  static void has_turn(void* self) noexcept {
    auto& records = *static_cast<async_record_stream*>(self);
    if (records.exhausted_)
      records.arrived();
    else if (std::exchange(records.started_, true))
      records.driver_.resume();
    else
      records.driver_.start();
  }
  bool filled(record& reuse) {
    if (exhausted_) return false;
    failure_ = read_.fill(reuse, detail::fill_of<Codec>);
    exhausted_ = failure_.code != errc::ok;
    return !exhausted_;
  }

  static detail::reaction item(void* self) noexcept {
    static_cast<async_record_stream*>(self)->driver_.pauses();
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
    if (waits_.tell != nullptr) std::exchange(waits_, {}).go_on();
  }

  detail::open_call open_;
  Executor& executor_;
  detail::read_operation read_;
  error failure_;
  waiting waits_;
  detail::unheard_end end_;
  bool started_ = false, exhausted_ = false, arrived_ = false;
  typename Executor::wakeup turn_;
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
