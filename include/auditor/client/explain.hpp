// Why a type is not a transport or an executor, as a list of sentences instead of a page of template errors.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/http/async_transport.hpp>
#include <auditor/http/executor.hpp>
#include <auditor/http/transport.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

template <class Transport>
concept has_stream = requires { typename Transport::stream; };

template <class Executor>
concept is_defined = requires { sizeof(Executor); };

template <class Executor>
concept has_wakeup = requires { typename Executor::wakeup; };

template <class Transport>
constexpr void explain_stream() {
  using stream = typename Transport::stream;
  static_assert(std::default_initializable<stream>,
                "Transport::stream must be default-constructible: the driver makes one per request");
  static_assert(
      requires(Transport& t, stream& s, const request_view& r, const call& c) { t.open(s, r, c); },
      "Transport needs: result<response_head> open(stream&, const request_view&, const call&)");
  static_assert(
      requires(stream& s, std::span<char> into, const call& c) { s.read(into, c); },
      "Transport::stream needs: result<std::size_t> read(std::span<char>, const call&)");
  if constexpr (requires(Transport& t, stream& s, const request_view& r, const call& c) { t.open(s, r, c); })
    static_assert(
        std::same_as<decltype(std::declval<Transport&>().open(std::declval<stream&>(), std::declval<const request_view&>(),
                                                              std::declval<const call&>())),
                     result<response_head>>,
        "Transport::open must return auditor::result<auditor::response_head>");
  if constexpr (requires(stream& s, std::span<char> into, const call& c) { s.read(into, c); })
    static_assert(
        std::same_as<decltype(std::declval<stream&>().read(std::declval<std::span<char>>(), std::declval<const call&>())),
                     result<std::size_t>>,
        "Transport::stream::read must return auditor::result<std::size_t>");
}

template <class Transport>
constexpr void explain_async_stream() {
  using stream = typename Transport::stream;
  static_assert(std::default_initializable<stream>,
                "Transport::stream must be default-constructible: the driver makes one per call");
  static_assert(
      requires(Transport& t, stream& s, const request_view& r, completion<response_head> c) { t.async_open(s, r, c); },
      "Transport needs: void async_open(stream&, const request_view&, completion<response_head>)");
  static_assert(
      requires(stream& s, std::span<char> into, completion<std::size_t> c) { s.async_read(into, c); },
      "Transport::stream needs: void async_read(std::span<char>, completion<std::size_t>)");
  static_assert(
      requires(stream& s) {
        { s.cancel() } noexcept;
      }, "Transport::stream needs: void cancel() noexcept");
}

template <class Executor>
constexpr void explain_clock() {
  static_assert(
      requires(Executor& e) {
        { e.now() } -> std::same_as<ticks>;
      }, "Executor needs: auditor::ticks now()");
  static_assert(
      requires(Executor& e) {
        { e.random() } -> std::same_as<std::uint64_t>;
      }, "Executor needs: std::uint64_t random()");
}

template <class Executor>
constexpr void explain_blocking_executor() {
  explain_clock<Executor>();
  static_assert(
      requires(Executor& e, ticks t, const cancel_flag* f) { e.sleep_until(t, f); },
      "a blocking executor needs: void sleep_until(auditor::ticks, const auditor::cancel_flag*)");
}

template <class Executor>
constexpr void explain_async_executor() {
  explain_clock<Executor>();
  static_assert(std::constructible_from<typename Executor::wakeup, Executor&, void (*)(void*) noexcept, void*>,
                "Executor::wakeup needs: wakeup(Executor&, void (*fn)(void*) noexcept, void* self)");
  static_assert(
      requires(typename Executor::wakeup& w, ticks t) {
        w.post();
        w.wake_at(t);
        w.cancel();
      }, "Executor::wakeup needs: void post(), void wake_at(auditor::ticks), void cancel()");
}

}  // namespace detail

/// Fails to compile with what is missing, if `Transport` and `Executor` cannot make a client: call it in a test of yours.
/// An executor with a type `wakeup` is an asynchronous one, and wants an asynchronous transport.
template <class Transport, class Executor = this_thread>
constexpr bool explain() {
  static_assert(detail::has_stream<Transport>, "Transport needs a type `stream`: one request and its answer");
  static_assert(detail::is_defined<Executor>,
                "Executor is incomplete: for the default, #include <auditor/executor/this_thread.hpp>");
  if constexpr (detail::has_stream<Transport> && detail::is_defined<Executor>) {
    if constexpr (detail::has_wakeup<Executor>) {
      detail::explain_async_executor<Executor>();
      detail::explain_async_stream<Transport>();
    } else {
      detail::explain_blocking_executor<Executor>();
      detail::explain_stream<Transport>();
    }
  }
  return true;
}

}  // namespace AUDITOR_ABI
}  // namespace auditor
