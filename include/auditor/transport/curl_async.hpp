// Asynchronous HTTP on libcurl, with a loop of its own or on yours, and the builder of a client over it. Link with libcurl.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/transport/curl.hpp>
#include <auditor/transport/curl/async_transport.hpp>
#ifndef _WIN32
#include <auditor/executor/io_loop.hpp>
#endif

#include <memory>
#include <utility>

namespace auditor {
inline namespace AUDITOR_ABI {

/// An asynchronous client over libcurl on this executor's loop: `io_loop::executor`, or `asio_executor` and
/// `boost_asio_executor` for the loop of a program that has one.
template <socket_executor Executor>
using curl_async_client = client<curl_async_transport<Executor>, Executor>;

/// Settings and client in one expression, as `client_builder`.
///
/// ```cpp
/// auditor::io_thread thread;  // outlives the client
/// auto client = auditor::async_client_builder().address("localhost", 8000).build(thread.get_executor());
/// if (!client) return fail(message(client.error()));
/// auto added = client->add(record, {}, auditor::use_future);  // ext/future.hpp; or co_await, or a callback
/// client->drain(10s, auditor::use_future).get();              // before the client goes
/// ```
class AUDITOR_EXPORT async_client_builder : public basic_client_builder<async_client_builder> {
 public:
  /// **Errors**: `invalid_argument`, saying which setting is wrong and what to do, or why the executor cannot work (no file
  /// descriptors were left for its loop, or it is another process's). Nothing is connected yet. **Lifetime**: the loop
  /// outlives the client.
  template <socket_executor Executor>
  result<curl_async_client<Executor>> build(Executor executor) const {
    if (const error e = detail::problem_of(executor)) return e;
    return build_with([&executor](detail::curl_session_ptr session, const options& calls) {
      return curl_async_client<Executor>(curl_async_transport<Executor>(std::move(session), executor), executor, calls);
    });
  }
};

}  // namespace AUDITOR_ABI
}  // namespace auditor
