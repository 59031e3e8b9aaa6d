// A sandbox over HTTP on loopback, for programs in any language and for the transports that a test is about.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/sandbox/sandbox.hpp>

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail::sandboxed {
class http_listener;  // only the bodies need Boost
}

/// Serves a sandbox on 127.0.0.1 from a thread of its own, from construction to `stop()` or destruction.
///
/// The server's habits included: a request waits for a database connection, and a query for its time-out; keep-alive ends
/// after 5 silent seconds, lists of records come in one chunk per record, lost answers are closed connections, a cut list
/// ends with a clean last chunk, heads and bodies are refused in the same words and with the same end of the connection. What
/// differs is listed in docs/sandbox.md. Request targets are taken as they come, not decoded. No TLS, no HTTP/2.
///
/// ```cpp
/// auditor::sandbox server;
/// auditor::sandbox_server http(server);
/// run_my_program(http.url());   // http://127.0.0.1:40123
/// ```
/// **Errors**: the constructor throws `boost::system::system_error` when it cannot listen (the port is taken).
/// **Lifetime**: the sandbox outlives the server. **Threads**: `port`, `url` and `stop` from any thread.
class AUDITOR_EXPORT sandbox_server {
 public:
  /// Listens from here on; port 0: any that is free.
  explicit sandbox_server(sandbox& server, std::uint16_t port = 0);
  // NOLINTNEXTLINE(bugprone-exception-escape): nothing can go wrong when a timer is cancelled
  ~sandbox_server() { stop(); }
  sandbox_server(const sandbox_server&) = delete;
  sandbox_server& operator=(const sandbox_server&) = delete;

  /// Where it listens.
  std::uint16_t port() const noexcept;
  /// The URL for a client.
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port()); }

  /// Closes all connections, whatever they are doing, and waits for the thread. The port is free afterwards.
  void stop();

 private:
  std::shared_ptr<detail::sandboxed::http_listener> listener_;
  std::shared_ptr<sandbox::gate> gate_;
  std::mutex stopping_;
  std::thread thread_;
};

}  // namespace AUDITOR_ABI
}  // namespace auditor

#include <auditor/impl/sandbox/http_server.ipp>
