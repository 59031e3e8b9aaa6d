// A server that does exactly what a script says, byte by byte, on loopback: what the conformance suite talks to. POSIX.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/testing/bodies.hpp>

#include <sys/socket.h>

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace testing {

/// The value of a field of a request's or an answer's head, whatever the case of its name; empty if there is none.
std::string_view field_of(std::string_view head, std::string_view name) noexcept;

/// One accepted connection, on a thread of its own: what a script speaks through. **Threads**: the script's, but where another
/// is allowed.
class AUDITOR_EXPORT server_connection {
 public:
  /// Made by the server.
  server_connection(int socket, std::size_t which) : number(which), socket_(socket) {}
  server_connection(const server_connection&) = delete;
  server_connection& operator=(const server_connection&) = delete;
  ~server_connection() { finish(); }

  const std::size_t number;  ///< from 0, in the order of accepting

  /// The next request, head and body by Content-Length; empty when the client has closed.
  std::string receive();
  /// The same without the body, which stays to be received; empty when the client has closed.
  std::string receive_head();
  /// Waits for any bytes at all.
  bool receive_something() { return more(); }
  /// Heads received so far. **Threads**: any.
  std::size_t requests() const noexcept { return requests_; }

  /// Exactly these bytes. False: the client has closed.
  bool send(std::string_view bytes);
  /// The least that the system may hold back of what is sent, so that the client's reading is what moves it on.
  void hold_little();
  /// Says nothing until the client closes; what it sends meanwhile is thrown away.
  void wait_for_close();
  /// Says nothing until the client closes, but not for longer than this.
  void wait_for_close(std::chrono::milliseconds longest);
  /// Nothing came for so long; false: there is something to receive, or the client has closed.
  bool is_quiet_for(std::chrono::milliseconds time);
  /// Closes with a TCP reset instead of an orderly end.
  void reset();
  /// Closes in order. What a script does not close is closed when it returns.
  void finish();
  /// Ends what the script waits for. **Threads**: any.
  void interrupt();

 private:
  bool more();

  std::mutex mutex_;  // only around closing
  int socket_;
  std::string pending_;
  std::atomic<std::size_t> requests_{0};
};

/// Plays the same script on every connection, each on a thread of its own, until it is destroyed.
///
/// ```cpp
/// auditor::testing::conformance_server server([](auditor::testing::server_connection& c) {
///   while (!c.receive().empty()) c.send(auditor::testing::answer("[]"));  // or half of it, or nothing
/// });
/// auto client = auditor::client_builder().address("127.0.0.1", server.port()).build();
/// ```
/// **Errors**: where there is no loopback or no port it ends the program. **Threads**: the script is called on many at once.
/// **Lifetime**: what the script refers to outlives the server, whose destructor ends and awaits every connection.
class AUDITOR_EXPORT conformance_server {
 public:
  /// What it does on each connection.
  using script = std::function<void(server_connection&)>;

  /// On a free port of 127.0.0.1.
  explicit conformance_server(script play);
  /// On a unix socket of this path, which must not exist yet.
  conformance_server(const std::string& unix_path, script play);
  conformance_server(const conformance_server&) = delete;
  conformance_server& operator=(const conformance_server&) = delete;
  ~conformance_server();

  /// 0 on a unix socket.
  std::uint16_t port() const { return port_; }
  /// Accepted so far, closed ones included.
  std::size_t connections() const { return accepted_; }
  /// Heads of requests that arrived on any connection.
  std::size_t requests();
  /// Returns when so many connections have played their script to its end and are closed.
  void wait_until_closed(std::size_t count);

 private:
  void listen_on(int family, void* address, socklen_t size);
  void accept_all();

  script play_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<std::size_t> accepted_{0};
  std::mutex mutex_;
  std::condition_variable closed_changed_;
  std::size_t closed_ = 0;
  std::list<server_connection> connections_;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

/// A port of 127.0.0.1 that no client gets a connection on, for as long as it lives.
class AUDITOR_EXPORT closed_port {
 public:
  /// How nobody answers there.
  enum class way : std::uint8_t {
    refuses,  ///< each attempt fails at once
    silent,   ///< each attempt waits, as behind a firewall that drops packets
  };
  /// A port of loopback where nobody answers.
  explicit closed_port(way how);
  closed_port(const closed_port&) = delete;
  closed_port& operator=(const closed_port&) = delete;
  ~closed_port();
  /// Which one.
  std::uint16_t port() const noexcept { return port_; }

 private:
  std::array<int, 4> sockets_{-1, -1, -1, -1};
  std::uint16_t port_ = 0;
};

/// A whole answer with Content-Length. `fields`: more lines of the head, each with its `\r\n`.
std::string answer(std::string_view body, std::string_view status = "200 OK", std::string_view fields = "");

/// One chunk of a body behind `chunked_head`; of nothing it is `last_chunk`.
std::string chunk(std::string_view data);

/// The head of an answer in chunks.
inline constexpr std::string_view chunked_head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
/// The end of an answer in chunks.
inline constexpr std::string_view last_chunk = "0\r\n\r\n";

/// Answers every request of every connection with the same bytes.
conformance_server::script always(std::string bytes);

}  // namespace testing
}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_TESTING_BODIES
#include <auditor/impl/testing/conformance_server.ipp>
#endif
