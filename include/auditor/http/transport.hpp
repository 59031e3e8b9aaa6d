// What a transport is: the one thing a program must bring. 25 lines are enough; see docs/writing-a-transport.md.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/result.hpp>
#include <auditor/http/call.hpp>
#include <auditor/http/request.hpp>

#include <concepts>
#include <cstddef>
#include <span>

namespace auditor {
inline namespace AUDITOR_ABI {

namespace detail {

// The parts of `transport`, one for each sentence of explain().
template <class Transport>
concept has_stream = requires { typename Transport::stream; };
template <class Transport>
concept makes_streams = std::default_initializable<typename Transport::stream>;
template <class Transport>
concept can_open = requires(Transport& transport, typename Transport::stream& stream, const request_view& request,
                            const call& limits) { transport.open(stream, request, limits); };
template <class Transport>
concept opens =
    requires(Transport& transport, typename Transport::stream& stream, const request_view& request, const call& limits) {
      { transport.open(stream, request, limits) } -> std::same_as<result<response_head>>;
    };
template <class Transport>
concept can_read =
    requires(typename Transport::stream& stream, std::span<char> into, const call& limits) { stream.read(into, limits); };
template <class Transport>
concept reads = requires(typename Transport::stream& stream, std::span<char> into, const call& limits) {
  { stream.read(into, limits) } -> std::same_as<result<std::size_t>>;
};

}  // namespace detail

/// A blocking transport: sends a request, then lets the body of the answer be pulled.
///
/// ```cpp
/// class modem_transport {
///  public:
///   struct stream {  // one request and its answer
///     auditor::result<std::size_t> read(std::span<char> into, const auditor::call& limits);
///   };
///   auditor::result<auditor::response_head> open(stream& s, const auditor::request_view& r, const auditor::call& limits);
/// };
/// auditor::client client{modem_transport{}};
/// ```
/// - `open` sends the request **at most once** and returns the head of the answer, whatever its status. It follows no
///   redirect. An `open` on a stream that is open abandons what it had.
/// - `read` returns between 1 and `into.size()` bytes as soon as it has some (best all that is there: each record is a chunk
///   of its own), and 0 when the body is **complete and only then**: a body that ends early (no last chunk, fewer bytes than Content-Length) is `connection_lost`. After an error
///   or a 0 nobody reads again.
/// - the destructor of the stream releases what it holds, also in the middle of a body.
///
/// **Errors**: `connect_failed` and `tls_failed` when certainly no byte of the request was sent; `connection_lost` or
/// `timed_out` when some may have been; `cancelled`; `busy` when there is one channel and it is in use.
/// **Threads**: one call at a time per stream; several streams of one transport may be open at once (a visitor may call
/// the client), or the second `open` answers `busy`. **Lifetime**: the transport outlives its streams.
template <class Transport>
concept transport = detail::has_stream<Transport> && detail::makes_streams<Transport> && detail::opens<Transport> &&
                    detail::reads<Transport>;

}  // namespace AUDITOR_ABI
}  // namespace auditor
