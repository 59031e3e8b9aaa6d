// The asynchronous driver: the same exchange, moved on by completions and timers. It decides nothing either.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/client/client_state.hpp>
#include <auditor/exchange/exchange.hpp>
#include <auditor/http/async_transport.hpp>
#include <auditor/http/executor.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

/// What the caller says to a record.
enum class reaction : std::uint8_t {
  go_on,
  pause,  // `resume()` will come
  stop,   // no more: the operation has been told
};

/// Whom an asynchronous driver tells of a record and of the end.
struct listener {
  reaction (*item)(void* self) noexcept;
  void (*finished)(void* self) noexcept;  // the last thing that the driver does: it may be destroyed in here
  void* self;
};

/// Whom a driver asks before each of its requests, where these need not go out by themselves.
template <class Driver>
struct driver_gate {
  bool (*holds)(Driver&);                 // true: not now, and perhaps never; the driver is `held`
  void (*over)(Driver&) noexcept;         // no request is under way any more
  void (*rang)(Driver&);                  // the timer, of one that is held
  bool (*interrupted)(Driver&) noexcept;  // true: it was not the transport's, and the rest is done
};

/// **Threads**: `start` from any thread, all else on the executor's strand. **Lifetime**: may be destroyed on the strand at
/// any time; what is under way is dropped without a word.
template <async_transport Transport, async_executor Executor>
class async_driver {
 public:
  template <operation Operation>
  async_driver(client_state<Transport, Executor>& of, Operation& op, const call_options& call, listener tells)
      : transport_(of.transport),
        executor_(of.executor),
        running_(of.running),
        listener_(tells),
        asked_(call.cancel),
        exchange_(op, of.settings, with_own_flag(call), environment::of(of.executor)),
        timer_(of.executor, &async_driver::fired, this) {}
  async_driver(const async_driver&) = delete;
  async_driver& operator=(const async_driver&) = delete;
  ~async_driver() { running_.ends(member_); }

  /// The first step is taken on the strand, never in here.
  void start() { timer_.post(); }

  /// Goes on behind a record for which the listener said `pause`.
  void resume() {
    running_.begins(member_);
    look_at_flag();
    at_ = exchange_.resume();
    run();
  }

  /// What is paused is not under way: nobody waits for it.
  void pauses() noexcept { running_.ends(member_); }

  /// Ends the call early. It still tells the listener, as ever.
  void cancel() noexcept {
    cancelled_.request();
    interrupt();
  }

 protected:
  enum class state : std::uint8_t { idle, running, transport, waiting, held };
  static constexpr ticks flag_interval{200};  // how often a caller's cancel flag is looked at

  call_options with_own_flag(call_options call) noexcept {
    call.cancel = &cancelled_;
    return call;
  }
  void look_at_flag() noexcept {
    if (asked_ != nullptr && *asked_) cancelled_.request();
  }

  // A loop, not recursion: a completion that comes inline only leaves its step behind.
  void run() {
    for (state_ = state::running;;) {
      switch (at_) {
        case step::open:
          if (gate_ != nullptr && gate_->holds(*this)) return;
          begin_step();
          transport_.async_open(stream_, exchange_.request(), {&async_driver::opened, this});
          break;
        case step::read:
          begin_step();
          stream_.async_read(exchange_.room(), {&async_driver::got, this});
          break;
        case step::wait:
          if (gate_ != nullptr) gate_->over(*this);
          state_ = state::waiting;
          due_ = exchange_.wake_at();
          arm();
          return;
        case step::item:
          state_ = state::idle;
          switch (listener_.item(listener_.self)) {
            case reaction::pause: return;  // perhaps resumed, perhaps destroyed by now
            case reaction::stop: at_ = step::finished; break;
            case reaction::go_on:
              state_ = state::running;
              look_at_flag();
              at_ = exchange_.resume();
              break;
          }
          continue;
        case step::finished:
          state_ = state::idle;
          if (gate_ != nullptr) gate_->over(*this);
          timer_.cancel();
          running_.ends(member_);
          listener_.finished(listener_.self);
          return;
      }
      if (pending_) {
        state_ = state::transport;
        arm();
        return;
      }
    }
  }

  void begin_step() {
    pending_ = true;
    overdue_ = false;
    const ticks limit = exchange_.limits().timeout, now = executor_.now();
    due_ = limit > (ticks::max)() - now ? (ticks::max)() : now + limit;
  }

  static void opened(void* self, result<response_head>&& answer) noexcept {
    auto& driver = *static_cast<async_driver*>(self);
    driver.exchange_.hear(driver.judged(std::move(answer)));
    driver.at_ = driver.exchange_.opened();
    driver.completed();
  }
  static void got(void* self, result<std::size_t>&& bytes) noexcept {
    auto& driver = *static_cast<async_driver*>(self);
    driver.exchange_.hear(driver.judged(std::move(bytes)));
    driver.at_ = driver.exchange_.got();
    driver.completed();
  }

  // An error after our own interruption is ours; an answer that was faster counts, and that nothing was sent.
  template <class T>
  result<T> judged(result<T>&& answer) noexcept {
    look_at_flag();
    if (answer || (!overdue_ && !cancelled_)) return std::move(answer);
    const errc code = answer.error().code;
    if (code == errc::connect_failed || code == errc::tls_failed || code == errc::busy) return std::move(answer);
    error e = answer.error();
    e.code = cancelled_ ? errc::cancelled : errc::timed_out;
    return e;
  }

  void completed() {
    pending_ = false;
    if (state_ == state::transport) run();
  }

  // One timer for all: moved when it must ring earlier, looked at again when it rings too early.
  void arm() {
    const ticks flag = asked_ == nullptr ? (ticks::max)() : executor_.now() + flag_interval;
    const ticks at = (std::min)(due_, flag);
    if (at == (ticks::max)() || (armed_ && armed_at_ <= at)) return;
    armed_ = true;
    armed_at_ = at;
    timer_.wake_at(at);
  }

  static void fired(void* self) noexcept { static_cast<async_driver*>(self)->rang(); }
  void rang() {
    armed_ = false;
    if (!started_) {
      started_ = true;
      running_.begins(member_);
      look_at_flag();
      at_ = exchange_.start();
      return run();
    }
    look_at_flag();
    if (state_ == state::held) return gate_->rang(*this);
    if (state_ != state::transport && state_ != state::waiting) return;
    if (!cancelled_ && executor_.now() < due_) return arm();
    interrupt();
  }

  void interrupt() noexcept {
    if (gate_ != nullptr && gate_->interrupted(*this)) return;
    if (state_ == state::waiting) {
      at_ = exchange_.woke();
      run();
    } else if (state_ == state::transport && !overdue_) {
      overdue_ = true;
      state_ = state::running;  // as in run(): a completion that comes inline only leaves its step behind
      stream_.cancel();
      state_ = state::transport;
      if (!pending_) run();
    }
  }

  const driver_gate<async_driver>* gate_ = nullptr;  // most have none
  Transport& transport_;
  Executor& executor_;
  running_calls& running_;
  running_calls::member member_{[](void* self) noexcept { static_cast<async_driver*>(self)->cancel(); }, this};
  listener listener_;
  const cancel_flag* asked_;
  cancel_flag cancelled_;
  exchange exchange_;
  step at_ = step::open;
  state state_ = state::idle;
  bool started_ = false, pending_ = false, overdue_ = false, armed_ = false;
  ticks due_{(ticks::max)()}, armed_at_{};
  typename Executor::wakeup timer_;
  typename Transport::stream stream_{};
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
