// A call under way: what an asynchronous client gives back. To be awaited; it is the running operation itself.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/client/client_state.hpp>
#include <auditor/client/one_allocation.hpp>
#include <auditor/client/parallel_driver.hpp>
#include <auditor/client/sharing_driver.hpp>
#include <auditor/operation/health_check.hpp>
#include <auditor/operation/read.hpp>

#include <concepts>
#include <coroutine>
#include <new>
#include <type_traits>
#include <utility>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

/// An operation that shows records has a visitor of its own; the others have nothing to show.
template <class Operation>
reaction visit(Operation& op) {
  if constexpr (requires { op.visit(); })
    return op.visit() ? reaction::go_on : reaction::stop;
  else
    return reaction::go_on;
}

/// Runs an operation on the heap, and deletes itself before it hands over the result.
template <class Operation, class Transport, class Executor, class Handler>
class detached {
 public:
  template <class Make>
  detached(client_state<Transport, Executor>& of, const call_options& call, Make& make, Handler handler)
      : open_(of.calls),
        op_(make()),
        handler_(std::move(handler)),
        driver_(of, op_, call, {&detached::item, &detached::finished, this}) {}

  void start() { driver_.start(); }
  void cancel() noexcept { driver_.cancel(); }

 private:
  static reaction item(void* self) noexcept { return visit(static_cast<detached*>(self)->op_); }
  static void finished(void* self) noexcept {
    auto* running = static_cast<detached*>(self);
    Handler handler = std::move(running->handler_);
    auto outcome = running->op_.take();
    one_allocation<detached>::free(running, handler);
    handler(std::move(outcome));
  }

  open_call open_;
  Operation op_;
  Handler handler_;
  driver_of<Operation, Transport, Executor> driver_;
};

}  // namespace detail

/// A call that starts when it is awaited, and resumes the coroutine on the executor's strand: `co_await client.add(r)`.
/// **Memory**: no allocation of its own: it lives in the frame that awaits it. **Lifetime**: it does not move; destroyed on
/// the strand while it runs, it drops the call without a word, and what was sent may have been stored.
template <class Operation, class Transport, class Executor>
class [[nodiscard("await it, or nothing happens")]] pending {
 public:
  using value_type = decltype(std::declval<Operation&>().take());

  /// Made by the calls of a client.
  template <class Make>
  pending(detail::client_state<Transport, Executor>& of, const call_options& call, Make&& make)
      : open_(of.calls), op_(make()), driver_(of, op_, call, {&pending::item, &pending::finished, this}) {}
  pending(const pending&) = delete;
  pending& operator=(const pending&) = delete;

  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> caller) {
    caller_ = caller;
    driver_.start();
  }
  value_type await_resume() noexcept { return op_.take(); }  // callbacks may be called in here: none may throw, as ever

  /// Ends the call early; the result says `cancelled`, or that it was over already. On the strand.
  void cancel() noexcept { driver_.cancel(); }

 private:
  static detail::reaction item(void* self) noexcept { return detail::visit(static_cast<pending*>(self)->op_); }
  static void finished(void* self) noexcept { static_cast<pending*>(self)->caller_.resume(); }

  detail::open_call open_;
  Operation op_;
  std::coroutine_handle<> caller_;
  detail::driver_of<Operation, Transport, Executor> driver_;
};

/// The default token: the call is a `pending`, to be awaited.
struct AUDITOR_EXPORT use_pending_t {};
/// As a token: the call is a `pending`, to be awaited. The default of most executors.
inline constexpr use_pending_t use_pending{};

namespace detail {

/// A call that was not started yet, for tokens that decide how: `start(handler)` runs it and calls `handler(result)`, once,
/// on the strand. One allocation, by the handler's allocator if it has one. `announce(running)` comes before anything happens: `running.cancel()`, on the strand and
/// before the handler is called, ends the call early.
template <class Transport, class Executor, class Make>
class initiation {
 public:
  using operation = decltype(std::declval<Make&>()());
  using value_type = decltype(std::declval<operation&>().take());
  /// Whoever ends it early has changed nothing.
  static constexpr bool changes_nothing =
      std::derived_from<operation, read_operation> || std::same_as<operation, health_check_operation>;

  initiation(client_state<Transport, Executor>& of, const call_options& call, Make make)
      : client_(of), call_(call), make_(std::move(make)) {}

  template <class Handler, class Announce = unannounced>
  void start(Handler handler, Announce announce = {}) {
    using call_type = detached<operation, Transport, Executor, Handler>;
    auto* running = one_allocation<call_type>::make(
        handler, [&](void* room) { new (room) call_type(client_, call_, make_, std::move(handler)); });
    announce(*running);
    running->start();  // from here on it may be gone: the strand may be another thread's
  }

 private:
  client_state<Transport, Executor>& client_;
  call_options call_;
  Make make_;
};

/// An executor that says how a call is delivered when nobody else does also knows tokens of its own: `initiate(call,
/// token)`.
template <class Executor>
concept has_own_tokens = requires { typename Executor::default_token; };

template <class Executor>
struct default_token {
  using type = use_pending_t;
};
template <has_own_tokens Executor>
struct default_token<Executor> {
  using type = typename Executor::default_token;
};
template <class Executor>
using default_token_t = typename default_token<Executor>::type;

/// Starts a call as the token says: by a token that knows how (`use_future`), by the executor's own way (Asio's tokens), or
/// by a callable. A call has a `value_type` and `start(handler)`.
template <class Executor, class Call, class Token>
auto deliver([[maybe_unused]] Executor& executor, Call call, Token&& how) {
  if constexpr (requires { how.initiate(std::move(call)); }) {
    return how.initiate(std::move(call));
  } else if constexpr (has_own_tokens<Executor>) {
    return executor.initiate(std::move(call), std::forward<Token>(how));
  } else {
    static_assert(std::invocable<std::remove_cvref_t<Token>&, typename Call::value_type>,
                  "the token must be use_pending, use_future, or callable with the result of the call");
    call.start(std::decay_t<Token>(std::forward<Token>(how)));
  }
}

template <class Transport, class Executor, class Make, class Token>
auto launch(client_state<Transport, Executor>& of, const call_options& call, Make make, Token&& how) {
  using call_type = initiation<Transport, Executor, Make>;
  if constexpr (std::same_as<std::remove_cvref_t<Token>, use_pending_t>)
    return pending<typename call_type::operation, Transport, Executor>(of, call, std::move(make));
  else
    return deliver(of.executor, call_type(of, call, std::move(make)), std::forward<Token>(how));
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
