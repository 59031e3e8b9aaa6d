// Bodies of testing/conformance_server.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/testing/conformance_server.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace testing {

AUDITOR_DECL std::string_view field_of(std::string_view head, std::string_view name) noexcept {
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

AUDITOR_DECL std::string server_connection::receive() {
  std::string text = receive_head();
  if (text.empty()) return {};
  const std::size_t whole = text.size() + std::strtoul(std::string(field_of(text, "content-length")).c_str(), nullptr, 10);
  while (pending_.size() + text.size() < whole && more()) continue;
  const std::size_t take = (std::min)(whole - text.size(), pending_.size());
  text.append(pending_, 0, take);
  pending_.erase(0, take);
  return text;
}

AUDITOR_DECL std::string server_connection::receive_head() {
  std::size_t end = std::string::npos;
  while ((end = pending_.find("\r\n\r\n")) == std::string::npos)
    if (!more()) return {};
  std::string head = pending_.substr(0, end + 4);
  pending_.erase(0, end + 4);
  ++requests_;
  return head;
}

AUDITOR_DECL bool server_connection::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

AUDITOR_DECL void server_connection::hold_little() {
  const int bytes = 64 * 1024;
  setsockopt(socket_, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
}

AUDITOR_DECL void server_connection::wait_for_close() {
  while (more()) pending_.clear();
}

AUDITOR_DECL void server_connection::wait_for_close(std::chrono::milliseconds longest) {
  const auto end = std::chrono::steady_clock::now() + longest;
  pollfd waits{socket_, POLLIN, 0};
  for (auto left = longest; left.count() > 0;) {
    if (::poll(&waits, 1, static_cast<int>(left.count())) > 0 && !more()) return;
    left = std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
  }
}

AUDITOR_DECL bool server_connection::is_quiet_for(std::chrono::milliseconds time) {
  pollfd waits{socket_, POLLIN, 0};
  return pending_.empty() && ::poll(&waits, 1, static_cast<int>(time.count())) == 0;
}

AUDITOR_DECL void server_connection::reset() {
  const linger now{1, 0};
  setsockopt(socket_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  finish();
}

AUDITOR_DECL void server_connection::finish() {
  const std::lock_guard lock(mutex_);
  if (socket_ >= 0) ::close(std::exchange(socket_, -1));
}

AUDITOR_DECL void server_connection::interrupt() {
  const std::lock_guard lock(mutex_);
  if (socket_ >= 0) ::shutdown(socket_, SHUT_RDWR);
}

AUDITOR_DECL bool server_connection::more() {
  char bytes[4096];
  const ssize_t size = ::recv(socket_, bytes, sizeof bytes, 0);
  if (size <= 0) return false;
  pending_.append(bytes, static_cast<std::size_t>(size));
  return true;
}

AUDITOR_DECL conformance_server::conformance_server(script play) : play_(std::move(play)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  listen_on(AF_INET, &address, sizeof address);
  socklen_t size = sizeof address;
  getsockname(listener_, static_cast<sockaddr*>(static_cast<void*>(&address)), &size);
  port_ = ntohs(address.sin_port);
}

AUDITOR_DECL conformance_server::conformance_server(const std::string& unix_path, script play) : play_(std::move(play)) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  unix_path.copy(address.sun_path, sizeof address.sun_path - 1);
  listen_on(AF_UNIX, &address, sizeof address);
}

AUDITOR_DECL conformance_server::~conformance_server() {
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  ::close(listener_);
  for (server_connection& c : connections_) c.interrupt();
  for (std::thread& t : threads_) t.join();
}

AUDITOR_DECL std::size_t conformance_server::requests() {
  const std::lock_guard lock(mutex_);
  std::size_t sum = 0;
  for (const server_connection& c : connections_) sum += c.requests();
  return sum;
}

AUDITOR_DECL void conformance_server::wait_until_closed(std::size_t count) {
  std::unique_lock lock(mutex_);
  closed_changed_.wait(lock, [&] { return closed_ >= count; });
}

AUDITOR_DECL void conformance_server::listen_on(int family, void* address, socklen_t size) {
  constexpr int waiting = 1024;
  listener_ = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (::bind(listener_, static_cast<sockaddr*>(address), size) != 0 || ::listen(listener_, waiting) != 0) std::abort();
  acceptor_ = std::thread([this] { accept_all(); });
}

AUDITOR_DECL void conformance_server::accept_all() {
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

AUDITOR_DECL closed_port::closed_port(way how) {
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

AUDITOR_DECL closed_port::~closed_port() {
  for (const int socket : sockets_)
    if (socket >= 0) ::close(socket);
}

AUDITOR_DECL std::string answer(std::string_view body, std::string_view status, std::string_view fields) {
  return std::string("HTTP/1.1 ")
      .append(status)
      .append("\r\nContent-Length: ")
      .append(std::to_string(body.size()))
      .append("\r\n")
      .append(fields)
      .append("\r\n")
      .append(body);
}

AUDITOR_DECL std::string chunk(std::string_view data) {
  constexpr char digits[] = "0123456789abcdef";
  std::string size;
  for (std::size_t n = data.size(); n != 0 || size.empty(); n /= 16) size.insert(size.begin(), digits[n % 16]);
  return size.append("\r\n").append(data).append("\r\n");
}

AUDITOR_DECL conformance_server::script always(std::string bytes) {
  return [bytes = std::move(bytes)](server_connection& c) {
    while (!c.receive().empty() && c.send(bytes)) continue;
  };
}

}  // namespace testing
}  // namespace AUDITOR_ABI
}  // namespace auditor
