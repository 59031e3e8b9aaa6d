// The reference transport: blocking HTTP on libcurl.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/http/transport.hpp>
#include <auditor/transport/curl/bodies.hpp>
#include <auditor/transport/curl/session.hpp>

#include <chrono>
#include <span>

namespace auditor {
inline namespace AUDITOR_ABI {

/// Speaks HTTP/1.1 (or HTTP/2 over TLS) to one Auditor. Made by `curl_builder`.
///
/// ```cpp
/// auditor::client client{auditor::curl_builder().address("localhost", 8000).build().value()};
/// ```
/// Connections are kept for 3 s of silence. A request is sent at most once: when a kept connection turns out to be gone,
/// the call ends with `connection_lost` and repeating is left to whoever knows what the request was. No redirects, no
/// proxy unless asked, no cookies, no .netrc, no compression.
///
/// **Errors**: those of the `transport` concept; `native` is the CURLcode, the text is libcurl's. A time-out before a
/// connection was ready is `connect_failed`. `tls_failed` also stands for a server that turned down our certificate
/// after a TLS 1.3 handshake: its words prove that the request was not looked at.
/// **Threads**: one at a time for a transport and all its streams. After `fork` a child that uses it begins with connections
/// of its own, and the parent keeps its own; an answer that was being read is the parent's.
/// **Memory**: at most some 550 KB a stream that is or was open at the same time as others, however slowly it is read: 64 KB
/// here and libcurl's buffers, of which an answer and a bulk use what they fill. Under HTTP/2 libcurl may hold up to 32 MiB for a stream
/// that is not read.
/// **Lifetime**: it may be moved while no stream is open, and outlives its streams.
class AUDITOR_EXPORT curl_transport {
 public:
  class AUDITOR_EXPORT stream {
   public:
    stream() = default;
    stream(const stream&) = delete;
    stream& operator=(const stream&) = delete;
    ~stream();

    /// At least one byte of the body as soon as there are some, or 0 at its proven end. An answer that is there already wins
    /// against a deadline that has passed. **Errors**: `connection_lost`, `timed_out`, `cancelled`, all with an unknown outcome;
    /// `invalid_argument` before an `open` and without room.
    result<std::size_t> read(std::span<char> into, const call& limits);

   private:
    friend class curl_transport;
    using clock = std::chrono::steady_clock;

    static clock::time_point deadline(const call& limits) noexcept;

    // Looks once more when the time is over, so that an answer which is there wins against a deadline that has passed.
    error wait_until(bool (*came)(const detail::curl_transfer&), const call& limits, clock::time_point end) noexcept;

    // What ends a call from our side.
    error stopped(errc code, std::string_view words) const noexcept;

    error fail(const error& e) noexcept;

    void close() noexcept;

    detail::curl_session* session_ = nullptr;
    detail::curl_transfer* transfer_ = nullptr;
  };

  // For builders.
  /// Made by `curl_builder`.
  explicit curl_transport(detail::curl_session_ptr session) noexcept;

  /// Sends the request, on a kept connection or a new one, and waits for the head of the answer.
  /// **Errors**: those of the concept; `busy` when `max_connections` streams are open.
  result<response_head> open(stream& answer, const request_view& request, const call& limits);

 private:
  detail::curl_session_ptr session_;
};

static_assert(transport<curl_transport>);

}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_CURL_BODIES
#include <auditor/impl/transport/curl/transport.ipp>
#endif
