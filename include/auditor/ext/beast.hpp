// Asynchronous HTTP and HTTPS on Boost.Asio, for programs that live in an io_context. Link with OpenSSL.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/ext/beast_options.hpp>
#include <auditor/ext/boost_asio.hpp>
#include <auditor/http/async_transport.hpp>

#include <cstddef>
#include <memory>
#include <span>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {
// Of impl/ext/beast_session.hpp.
class beast_session;
class beast_exchange;
}  // namespace detail

/// Satisfies `async_transport` on a `boost_asio_executor`'s strand: HTTP/1.1 to one Auditor, any number of requests at
/// once.
///
/// ```cpp
/// boost::asio::io_context loop;
/// auditor::boost_asio_executor on(loop.get_executor());
/// auto wire = auditor::beast_transport::create(on, {.url = "https://host:8443", .tls = {.ca_file = ca}});
/// if (!wire) return fail(message(wire.error()));
/// auditor::beast_client client(std::move(*wire), on);  // the same executor: they share a strand
/// ```
/// Connections are kept for 3 s of silence. A request is sent at most once; no redirects, no proxy, no compression. A body
/// is read from the network as it is asked for: a slow reader holds the server back. The server's certificate and name are
/// always verified, TLS 1.2 is the oldest version spoken. After `fork` a child that uses it (and told Asio: `notify_fork`)
/// begins with connections of its own; what was under way stays the parent's.
/// **Errors**: those of `transport`; `native` is the value of Asio's error code, the words are its message. A request that was
/// ended while it waited for one of `max_connections` is `connect_failed` and says so.
/// **Threads**: the strand. **Memory**: a copy of the request, and 100 KB a stream, of which an answer uses what it fills.
/// **Lifetime**: outlives its streams; the io_context outlives it; it may be moved.
class AUDITOR_EXPORT beast_transport {
 public:
  class AUDITOR_EXPORT stream {
   public:
    stream() = default;
    stream(const stream&) = delete;
    stream& operator=(const stream&) = delete;
    ~stream();

    void async_read(std::span<char> into, completion<std::size_t> got);
    void cancel() noexcept;

   private:
    friend class beast_transport;
    void close() noexcept;
    std::shared_ptr<detail::beast_exchange> exchange_;
  };

  /// **Errors**: `invalid_argument`, saying which setting is wrong. TLS files are read; nothing is connected yet.
  static result<beast_transport> create(const boost_asio_executor& executor, beast_options options);
  /// Streams that are open go on.
  beast_transport(beast_transport&&) noexcept;
  beast_transport& operator=(beast_transport&&) noexcept;
  ~beast_transport();

  void async_open(stream& answer, const request_view& request, completion<response_head> opened);

 private:
  explicit beast_transport(std::unique_ptr<detail::beast_session> session) noexcept;
  std::unique_ptr<detail::beast_session> session_;
};
static_assert(async_transport<beast_transport>);

/// An asynchronous client over Beast; see `beast_transport` for how to make one.
using beast_client = client<beast_transport, boost_asio_executor>;

}  // namespace AUDITOR_ABI
}  // namespace auditor

#include <auditor/impl/ext/beast.ipp>
