// Why a type is not a transport or an executor, as a list of sentences instead of a page of template errors.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/http/async_transport.hpp>
#include <auditor/http/executor.hpp>
#include <auditor/http/transport.hpp>

#include <concepts>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

template <class Type>
concept is_defined = requires { sizeof(Type); };
template <class Type>
concept is_a_text = std::convertible_to<Type, std::string_view>;

// Each asserts the parts of one concept by its sentence, and last that it has not forgotten one.
template <class Transport>
constexpr void explain_transport() {
  constexpr bool whole = makes_streams<Transport> && opens<Transport> && reads<Transport>;
  static_assert(makes_streams<Transport>,
                "Transport::stream must be default-constructible: the driver makes one per request");
  static_assert(can_open<Transport>,
                "Transport needs: result<response_head> open(stream&, const request_view&, const call&)");
  static_assert(!can_open<Transport> || opens<Transport>,
                "Transport::open must return auditor::result<auditor::response_head>");
  static_assert(can_read<Transport>, "Transport::stream needs: result<std::size_t> read(std::span<char>, const call&)");
  static_assert(!can_read<Transport> || reads<Transport>,
                "Transport::stream::read must return auditor::result<std::size_t>");
  static_assert(whole == transport<Transport>, "auditor::transport has a part that explain() does not know");
}

template <class Transport>
constexpr void explain_async_transport() {
  constexpr bool whole = makes_streams<Transport> && async_opens<Transport> && async_reads<Transport> && cancels<Transport>;
  static_assert(makes_streams<Transport>, "Transport::stream must be default-constructible: the driver makes one per call");
  static_assert(async_opens<Transport>,
                "Transport needs: void async_open(stream&, const request_view&, completion<response_head>)");
  static_assert(async_reads<Transport>,
                "Transport::stream needs: void async_read(std::span<char>, completion<std::size_t>)");
  static_assert(cancels<Transport>, "Transport::stream needs: void cancel() noexcept");
  static_assert(whole == async_transport<Transport>, "auditor::async_transport has a part that explain() does not know");
}

template <class Executor>
constexpr void explain_executor() {
  static_assert(has_clock<Executor>, "Executor needs: auditor::ticks now()");
  static_assert(has_randomness<Executor>, "Executor needs: std::uint64_t random()");
  constexpr bool common = has_clock<Executor> && has_randomness<Executor>;
  if constexpr (has_wakeup<Executor>) {
    static_assert(makes_wakeups<Executor>,
                  "Executor::wakeup needs: wakeup(Executor&, void (*fn)(void*) noexcept, void* self)");
    static_assert(wakes<Executor>, "Executor::wakeup needs: void post(), void wake_at(auditor::ticks), void cancel()");
    constexpr bool whole = common && makes_wakeups<Executor> && wakes<Executor>;
    static_assert(whole == async_executor<Executor>, "auditor::async_executor has a part that explain() does not know");
  } else {
    static_assert(sleeps<Executor>,
                  "a blocking executor needs: void sleep_until(auditor::ticks, const auditor::cancel_flag*)");
    constexpr bool whole = common && sleeps<Executor>;
    static_assert(whole == blocking_executor<Executor>,
                  "auditor::blocking_executor has a part that explain() does not know");
  }
}

}  // namespace detail

/// Fails to compile with what is missing, if `Transport` and `Executor` cannot make a client; `client` itself asks it. An
/// executor with a type `wakeup` is an asynchronous one, and wants an asynchronous transport.
///
/// ```cpp
/// static_assert(auditor::explain<modem_transport>());  // beside the transport, before anybody makes a client of it
/// ```
template <class Transport, class Executor = this_thread>
constexpr bool explain() {
  static_assert(!detail::is_a_text<Transport>,
                "a client takes a transport, not a URL: use client_builder().connection_string(url).build()");
  static_assert(detail::is_a_text<Transport> || detail::has_stream<Transport>,
                "Transport needs a type `stream`: one request and its answer");
  static_assert(detail::is_defined<Executor>,
                "Executor is incomplete: for the default, #include <auditor/executor/this_thread.hpp>");
  if constexpr (detail::has_stream<Transport> && detail::is_defined<Executor>) {
    constexpr bool has_loop = detail::has_wakeup<Executor>;
    constexpr bool blocks_the_loop = has_loop && transport<Transport> && !async_transport<Transport>;
    constexpr bool has_no_loop = !has_loop && async_transport<Transport> && !transport<Transport>;
    static_assert(!blocks_the_loop,
                  "this transport blocks, and the executor has a loop: take an asynchronous one, as of "
                  "auditor/transport/curl_async.hpp or ext/beast.hpp, or leave the executor out");
    static_assert(!has_no_loop,
                  "this transport is asynchronous, and the executor blocks: give the client one with a loop, as "
                  "io_thread().get_executor()");
    detail::explain_executor<Executor>();
    if constexpr (has_loop && !blocks_the_loop)
      detail::explain_async_transport<Transport>();
    else if constexpr (!has_loop && !has_no_loop)
      detail::explain_transport<Transport>();
  }
  return true;
}

}  // namespace AUDITOR_ABI
}  // namespace auditor
