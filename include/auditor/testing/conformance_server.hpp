// A server that does exactly what a script says, byte by byte, on loopback: what the conformance suite talks to. POSIX.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/config.hpp>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace testing {

/// The value of a field of a request's or an answer's head, whatever the case of its name; empty if there is none.
inline std::string_view field_of(std::string_view head, std::string_view name) noexcept {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; };
  head = head.substr(0, head.find("\r\n\r\n"));
  for (std::size_t at = head.find("\r\n"); at != std::string_view::npos; at = head.find("\r\n", at)) {
    at += 2;
    const std::string_view line = head.substr(at, head.find("\r\n", at) - at);
    if (line.size() <= name.size() || line[name.size()] != ':') continue;
    if (!std::equal(name.begin(), name.end(), line.begin(), [&](char a, char b) { return lower(a) == lower(b); })) continue;
    const std::size_t value = line.find_first_not_of(" \t", name.size() + 1);
    return value == std::string_view::npos ? std::string_view() : line.substr(value);
  }
  return {};
}

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
  std::string receive() {
    std::string text = receive_head();
    if (text.empty()) return {};
    const std::size_t whole =
        text.size() + std::strtoul(std::string(field_of(text, "content-length")).c_str(), nullptr, 10);
    while (pending_.size() + text.size() < whole && more()) continue;
    const std::size_t take = (std::min)(whole - text.size(), pending_.size());
    text.append(pending_, 0, take);
    pending_.erase(0, take);
    return text;
  }
  /// The same without the body, which stays to be received; empty when the client has closed.
  std::string receive_head() {
    std::size_t end = std::string::npos;
    while ((end = pending_.find("\r\n\r\n")) == std::string::npos)
      if (!more()) return {};
    std::string head = pending_.substr(0, end + 4);
    pending_.erase(0, end + 4);
    ++requests_;
    return head;
  }
  /// Waits for any bytes at all.
  bool receive_something() { return more(); }
  /// Heads received so far. **Threads**: any.
  std::size_t requests() const noexcept { return requests_; }

  /// Exactly these bytes. False: the client has closed.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  /// The least that the system may hold back of what is sent, so that the client's reading is what moves it on.
  void hold_little() {
    const int bytes = 64 * 1024;
    setsockopt(socket_, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
  }
  /// Says nothing until the client closes; what it sends meanwhile is thrown away.
  void wait_for_close() {
    while (more()) pending_.clear();
  }
  /// Says nothing until the client closes, but not for longer than this.
  void wait_for_close(std::chrono::milliseconds longest) {
    const auto end = std::chrono::steady_clock::now() + longest;
    pollfd waits{socket_, POLLIN, 0};
    for (auto left = longest; left.count() > 0;) {
      if (::poll(&waits, 1, static_cast<int>(left.count())) > 0 && !more()) return;
      left = std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    }
  }
  /// Nothing came for so long; false: there is something to receive, or the client has closed.
  bool is_quiet_for(std::chrono::milliseconds time) {
    pollfd waits{socket_, POLLIN, 0};
    return pending_.empty() && ::poll(&waits, 1, static_cast<int>(time.count())) == 0;
  }
  /// Closes with a TCP reset instead of an orderly end.
  void reset() {
    const linger now{1, 0};
    setsockopt(socket_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    finish();
  }
  /// Closes in order. What a script does not close is closed when it returns.
  void finish() {
    const std::lock_guard lock(mutex_);
    if (socket_ >= 0) ::close(std::exchange(socket_, -1));
  }
  /// Ends what the script waits for. **Threads**: any.
  void interrupt() {
    const std::lock_guard lock(mutex_);
    if (socket_ >= 0) ::shutdown(socket_, SHUT_RDWR);
  }

 private:
  bool more() {
    char bytes[4096];
    const ssize_t size = ::recv(socket_, bytes, sizeof bytes, 0);
    if (size <= 0) return false;
    pending_.append(bytes, static_cast<std::size_t>(size));
    return true;
  }

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
  explicit conformance_server(script play) : play_(std::move(play)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listen_on(AF_INET, &address, sizeof address);
    socklen_t size = sizeof address;
    getsockname(listener_, static_cast<sockaddr*>(static_cast<void*>(&address)), &size);
    port_ = ntohs(address.sin_port);
  }
  /// On a unix socket of this path, which must not exist yet.
  conformance_server(const std::string& unix_path, script play) : play_(std::move(play)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    unix_path.copy(address.sun_path, sizeof address.sun_path - 1);
    listen_on(AF_UNIX, &address, sizeof address);
  }
  conformance_server(const conformance_server&) = delete;
  conformance_server& operator=(const conformance_server&) = delete;
  ~conformance_server() {
    ::shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    ::close(listener_);
    for (server_connection& c : connections_) c.interrupt();
    for (std::thread& t : threads_) t.join();
  }

  /// 0 on a unix socket.
  std::uint16_t port() const { return port_; }
  /// Accepted so far, closed ones included.
  std::size_t connections() const { return accepted_; }
  /// Heads of requests that arrived on any connection.
  std::size_t requests() {
    const std::lock_guard lock(mutex_);
    std::size_t sum = 0;
    for (const server_connection& c : connections_) sum += c.requests();
    return sum;
  }
  /// Returns when so many connections have played their script to its end and are closed.
  void wait_until_closed(std::size_t count) {
    std::unique_lock lock(mutex_);
    closed_changed_.wait(lock, [&] { return closed_ >= count; });
  }

 private:
  void listen_on(int family, void* address, socklen_t size) {
    constexpr int waiting = 1024;
    listener_ = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (::bind(listener_, static_cast<sockaddr*>(address), size) != 0 || ::listen(listener_, waiting) != 0) std::abort();
    acceptor_ = std::thread([this] { accept_all(); });
  }
  void accept_all() {
    for (;;) {
      const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (socket < 0) return;
      const int yes = 1;
      setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
      const std::lock_guard lock(mutex_);
      server_connection& c = connections_.emplace_back(socket, accepted_++);
      threads_.emplace_back([this, &c] {
        play_(c);
        c.finish();
        const std::lock_guard closing(mutex_);
        ++closed_;
        closed_changed_.notify_all();
      });
    }
  }

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
  explicit closed_port(way how) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const generic = static_cast<sockaddr*>(static_cast<void*>(&address));
    sockets_[0] = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (::bind(sockets_[0], generic, size) != 0) std::abort();
    getsockname(sockets_[0], generic, &size);
    port_ = ntohs(address.sin_port);
    if (how == way::refuses) return;
    // A queue of one that is full: the system drops further attempts.
    ::listen(sockets_[0], 0);
    for (std::size_t i = 1; i < sockets_.size(); ++i) {
      sockets_[i] = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
      [[maybe_unused]] const int begun = ::connect(sockets_[i], generic, size);
    }
  }
  closed_port(const closed_port&) = delete;
  closed_port& operator=(const closed_port&) = delete;
  ~closed_port() {
    for (const int socket : sockets_)
      if (socket >= 0) ::close(socket);
  }
  /// Which one.
  std::uint16_t port() const noexcept { return port_; }

 private:
  std::array<int, 4> sockets_{-1, -1, -1, -1};
  std::uint16_t port_ = 0;
};

/// A whole answer with Content-Length. `fields`: more lines of the head, each with its `\r\n`.
inline std::string answer(std::string_view body, std::string_view status = "200 OK", std::string_view fields = "") {
  return std::string("HTTP/1.1 ")
      .append(status)
      .append("\r\nContent-Length: ")
      .append(std::to_string(body.size()))
      .append("\r\n")
      .append(fields)
      .append("\r\n")
      .append(body);
}

/// One chunk of a body behind `chunked_head`; of nothing it is `last_chunk`.
inline std::string chunk(std::string_view data) {
  constexpr char digits[] = "0123456789abcdef";
  std::string size;
  for (std::size_t n = data.size(); n != 0 || size.empty(); n /= 16) size.insert(size.begin(), digits[n % 16]);
  return size.append("\r\n").append(data).append("\r\n");
}

/// The head of an answer in chunks.
inline constexpr std::string_view chunked_head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
/// The end of an answer in chunks.
inline constexpr std::string_view last_chunk = "0\r\n\r\n";

/// Answers every request of every connection with the same bytes.
inline conformance_server::script always(std::string bytes) {
  return [bytes = std::move(bytes)](server_connection& c) {
    while (!c.receive().empty() && c.send(bytes)) continue;
  };
}

}  // namespace testing
}  // namespace AUDITOR_ABI
}  // namespace auditor
