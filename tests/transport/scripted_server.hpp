// A server that does exactly what a test says, byte by byte, on a free port of the loopback or on a unix socket.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace loopback {

// One accepted connection, on a thread of its own.
class connection {
 public:
  connection(int socket, std::size_t which) : number(which), socket_(socket) {}
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;
  ~connection() { finish(); }

  const std::size_t number;  // from 0, in the order of accepting

  // The next request, head and body by Content-Length; empty when the client has closed.
  std::string receive() {
    std::string text = receive_head();
    if (text.empty()) return {};
    const std::size_t field = text.find("Content-Length: ");
    const std::size_t size = field == std::string::npos ? 0 : std::strtoul(text.c_str() + field + 16, nullptr, 10);
    const std::size_t whole = text.find("\r\n\r\n") + 4 + size;
    while (pending_.size() + text.size() < whole && more()) continue;
    const std::size_t take = std::min(whole - text.size(), pending_.size());
    text.append(pending_, 0, take);
    pending_.erase(0, take);
    return text;
  }
  std::string receive_head() {
    std::size_t end = std::string::npos;
    while ((end = pending_.find("\r\n\r\n")) == std::string::npos)
      if (!more()) return {};
    std::string head = pending_.substr(0, end + 4);
    pending_.erase(0, end + 4);
    return head;
  }
  // Waits for any bytes at all.
  bool receive_something() { return more(); }

  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  void wait_for_close() {
    while (more()) pending_.clear();
  }
  // Closes with a TCP reset instead of an orderly end.
  void reset() {
    const linger now{1, 0};
    setsockopt(socket_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    finish();
  }
  void finish() {
    const std::lock_guard lock(mutex_);
    if (socket_ >= 0) ::close(std::exchange(socket_, -1));
  }
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
};

class scripted_server {
 public:
  using script = std::function<void(connection&)>;

  explicit scripted_server(script play) : play_(std::move(play)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listen_on(AF_INET, &address, sizeof address);
    socklen_t size = sizeof address;
    getsockname(listener_, static_cast<sockaddr*>(static_cast<void*>(&address)), &size);
    port_ = ntohs(address.sin_port);
  }
  scripted_server(const std::string& unix_path, script play) : play_(std::move(play)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    unix_path.copy(address.sun_path, sizeof address.sun_path - 1);
    listen_on(AF_UNIX, &address, sizeof address);
  }
  scripted_server(const scripted_server&) = delete;
  scripted_server& operator=(const scripted_server&) = delete;
  ~scripted_server() {
    ::shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    ::close(listener_);
    for (connection& c : connections_) c.interrupt();
    for (std::thread& t : threads_) t.join();
  }

  std::uint16_t port() const { return port_; }
  std::size_t connections() const { return accepted_; }
  // Returns when so many connections have played their script to its end and are closed.
  void wait_until_closed(std::size_t count) {
    std::unique_lock lock(mutex_);
    closed_changed_.wait(lock, [&] { return closed_ >= count; });
  }

 private:
  void listen_on(int family, void* address, socklen_t size) {
    listener_ = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (::bind(listener_, static_cast<sockaddr*>(address), size) != 0 || ::listen(listener_, 64) != 0) std::abort();
    acceptor_ = std::thread([this] { accept_all(); });
  }
  void accept_all() {
    for (;;) {
      const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (socket < 0) return;
      const int yes = 1;
      setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
      connection& c = connections_.emplace_back(socket, accepted_++);
      threads_.emplace_back([this, &c] {
        play_(c);
        c.finish();
        const std::lock_guard lock(mutex_);
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
  std::list<connection> connections_;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

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

inline std::string chunk(std::string_view data) {
  constexpr char digits[] = "0123456789abcdef";
  std::string size;
  for (std::size_t n = data.size(); n != 0 || size.empty(); n /= 16) size.insert(size.begin(), digits[n % 16]);
  return size.append("\r\n").append(data).append("\r\n");
}

inline constexpr std::string_view chunked_head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
inline constexpr std::string_view last_chunk = "0\r\n\r\n";

// Answers every request of every connection with the same bytes.
inline scripted_server::script always(std::string bytes) {
  return [bytes = std::move(bytes)](connection& c) {
    while (!c.receive().empty() && c.send(bytes)) continue;
  };
}

}  // namespace loopback
