// A proxy on loopback that mistreats the requests of one client as its weather wants. A thread for each connection.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "weather.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

// After the system's own, which it needs.
#include <linux/sockios.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace chaos {

// A socket that closes itself.
class connection {
 public:
  explicit connection(int fd = -1) noexcept : fd_(fd) {}
  connection(connection&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  connection& operator=(connection&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~connection() {
    if (fd_ >= 0) ::close(fd_);
  }

  int fd() const noexcept { return fd_; }
  explicit operator bool() const noexcept { return fd_ >= 0; }

  bool send(std::string_view bytes) const noexcept {
    while (!bytes.empty()) {
      const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }
  // Appends what has come; false at the end.
  bool receive(std::string& to) const {
    std::array<char, 65536> room;
    ssize_t n;
    do n = ::recv(fd_, room.data(), room.size(), 0);
    while (n < 0 && errno == EINTR);
    if (n <= 0) return false;
    to.append(room.data(), static_cast<std::size_t>(n));
    return true;
  }
  // Closing it is a reset from now on.
  void will_reset() const noexcept {
    const linger at_once{1, 0};
    setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  }
  void hurry() const noexcept {
    const int yes = 1;
    setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  }

 private:
  int fd_;
};

inline sockaddr_in loopback(std::uint16_t port) noexcept {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

inline connection listen_on(std::uint16_t port) {
  connection listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int yes = 1;
  setsockopt(listener.fd(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  const sockaddr_in address = loopback(port);
  if (::bind(listener.fd(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(listener.fd(), 64) != 0)
    return connection();
  return listener;
}

// ---- as much of HTTP as a proxy between these two must know ----------------------------------------------------------

// The value of a field of a head, or empty.
inline std::string_view field_of(std::string_view head, std::string_view name) noexcept {
  for (std::size_t at = head.find("\r\n"); at != std::string_view::npos && at + 2 < head.size();) {
    const std::size_t begin = at + 2;
    at = head.find("\r\n", begin);
    const std::string_view line = head.substr(begin, at - begin);
    if (line.size() <= name.size() || line[name.size()] != ':') continue;
    if (strncasecmp(line.data(), name.data(), name.size()) != 0) continue;
    const std::size_t value = line.find_first_not_of(' ', name.size() + 1);
    return value == std::string_view::npos ? std::string_view() : line.substr(value);
  }
  return {};
}

inline std::size_t number_of(std::string_view digits, int base = 10) noexcept {
  std::size_t number = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), number, base);
  return number;
}

// The whole answer of a server, byte for byte.
struct answer {
  std::string bytes;
  std::size_t head = 0;                                     // bytes of the head, the empty line included
  std::vector<std::pair<std::size_t, std::size_t>> chunks;  // where the data of each begins, and its size

  // Empty when the server did not answer in whole.
  static std::optional<answer> receive(const connection& from) {
    answer a;
    while ((a.head = a.bytes.find("\r\n\r\n")) == std::string::npos)
      if (!from.receive(a.bytes)) return std::nullopt;
    a.head += 4;
    const std::string head = a.bytes.substr(0, a.head);
    if (field_of(head, "Transfer-Encoding").empty()) {
      const std::size_t size = a.head + number_of(field_of(head, "Content-Length"));
      while (a.bytes.size() < size)
        if (!from.receive(a.bytes)) return std::nullopt;
      return a;
    }
    for (std::size_t at = a.head;;) {
      std::size_t line = 0;
      while ((line = a.bytes.find("\r\n", at)) == std::string::npos)
        if (!from.receive(a.bytes)) return std::nullopt;
      const std::size_t size = number_of(std::string_view(a.bytes).substr(at, line - at), 16), data = line + 2;
      while (a.bytes.size() < data + size + 2)
        if (!from.receive(a.bytes)) return std::nullopt;
      if (size == 0) return a;
      a.chunks.emplace_back(data, size);
      at = data + size + 2;
    }
  }

  // The same with this many chunks, and perhaps a part of the next one, and a clean end.
  std::string shortened(std::size_t whole, std::size_t part) const {
    std::string text = bytes.substr(0, head);
    const auto add = [&](std::size_t data, std::size_t size) {
      char digits[20];
      std::snprintf(digits, sizeof digits, "%zx\r\n", size);
      text.append(digits).append(bytes, data, size).append("\r\n");
    };
    for (std::size_t i = 0; i < whole; ++i) add(chunks[i].first, chunks[i].second);
    if (part != 0) add(chunks[whole].first, part);
    return text.append("0\r\n\r\n");
  }
};

// ---- the proxy --------------------------------------------------------------------------------------------------------

class proxy {
 public:
  proxy(std::uint16_t server, const weather& outside) : server_(server), outside_(outside) {
    // Below the ports that the system gives to those who connect: nobody takes ours while we refuse.
    std::mt19937_64 random(std::random_device{}());
    while (!listener_) listener_ = listen_on(port_ = static_cast<std::uint16_t>(12'000 + random() % 18'000));
    acceptor_ = std::thread([this] { accept(); });
  }
  proxy(const proxy&) = delete;
  proxy& operator=(const proxy&) = delete;
  ~proxy() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
      ::shutdown(listener_.fd(), SHUT_RDWR);
      for (const int fd : open_) ::shutdown(fd, SHUT_RDWR);
    }
    changed_.notify_all();
    acceptor_.join();
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return open_.empty(); });
  }

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

  // To be called while the client has no call under way: now a stray answer may come that no honest client can take for
  // the answer to a request of its own, for there is none. While a request is under way nobody could tell.
  void between_calls() {
    const std::lock_guard lock(mutex_);
    if (stray_ < 0) return;
    const int fd = std::exchange(stray_, -1);
    if (::send(fd, stray_answer.data(), stray_answer.size(), MSG_NOSIGNAL | MSG_DONTWAIT) < 0) return;
    ++counts_[static_cast<std::size_t>(fault::stray_between)];
    // The client's end has it once it acknowledges, 40 ms later at most.
    int unacknowledged = 1;
    for (int i = 0; i < 100 && ::ioctl(fd, SIOCOUTQ, &unacknowledged) == 0 && unacknowledged > 0; ++i)
      std::this_thread::sleep_for(ticks(1));
  }

  std::uint64_t requests() const noexcept { return requests_; }
  // Requests that the server itself did not answer: no fault of ours.
  std::uint64_t unanswered() const noexcept { return unanswered_; }
  std::uint64_t count(fault kind) const noexcept { return counts_[static_cast<std::size_t>(kind)]; }

 private:
  static constexpr std::string_view stray_answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

  void accept() {
    for (;;) {
      const int fd = ::accept4(listener_.fd(), nullptr, nullptr, SOCK_CLOEXEC);
      if (fd >= 0) {
        connection client(fd);
        const std::lock_guard lock(mutex_);
        if (stopping_) return;
        open_.insert(fd);
        std::thread([this, client = std::move(client)]() mutable { serve(std::move(client)); }).detach();
        continue;
      }
      if (!reopen()) return;
    }
  }
  // After somebody has shut the listener down.
  bool reopen() {
    ticks pause{};
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) return false;
      pause = refuses_;
      listener_ = connection();
    }
    std::this_thread::sleep_for(pause);
    for (;;) {
      {
        const std::lock_guard lock(mutex_);
        if (stopping_ || (listener_ = listen_on(port_))) return !stopping_;
      }
      std::this_thread::sleep_for(ticks(1));
    }
  }

  void serve(connection client) {
    client.hurry();
    std::string came;
    while (serve_one(client, came)) continue;
    const std::lock_guard lock(mutex_);
    forget_stray(client);
    open_.erase(client.fd());
    client = connection();  // in here: another one may get its number
    changed_.notify_all();
  }
  void forget_stray(const connection& client) {
    if (stray_ == client.fd()) stray_ = -1;
  }

  // False: the connection is over.
  bool serve_one(const connection& client, std::string& came) {
    std::size_t head = 0;
    while ((head = came.find("\r\n\r\n")) == std::string::npos)
      if (!client.receive(came)) return false;
    {
      const std::lock_guard lock(mutex_);
      forget_stray(client);
    }
    const bool reads = came.starts_with("GET ");
    const auto age = std::chrono::duration_cast<ticks>(std::chrono::steady_clock::now() - born_);
    const fate f = outside_.of(requests_++, reads, age);

    if (f.kind == fault::reset_unsent && f.closes) return end_by(fault::reset_unsent, client);  // in the middle of its body
    const std::size_t size = head + 4 + number_of(field_of(came.substr(0, head + 2), "Content-Length"));
    while (came.size() < size)
      if (!client.receive(came)) return false;
    const std::string request = came.substr(0, size);
    came.erase(0, size);

    switch (f.kind) {
      case fault::refuse: return refuse(f);
      case fault::close_unsent:
      case fault::reset_unsent: return end_by(f.kind, client);
      case fault::foreign_instead: return give(f, client, foreign_answer(f.choice));
      case fault::nothing: return give(f, client, no_record);
      case fault::nothing_late: return pause(ticks(2'000)) && give(f, client, no_record);
      default: break;
    }
    const std::optional<answer> real = ask(request);
    if (!real) {
      ++unanswered_;
      return false;
    }
    const std::uint64_t choice = f.choice;
    switch (f.kind) {
      case fault::lose_answer:
      case fault::reset_answer: return end_by(f.kind, client);
      case fault::cut_answer:
        client.send(std::string_view(real->bytes).substr(0, 1 + choice % (real->bytes.size() - 1)));
        return end_by(f.kind, client, f.closes);
      case fault::delay_answer: return pause(ticks(20 + choice % 280)) && give(f, client, real->bytes, false);
      case fault::stray_behind: return give(f, client, real->bytes + std::string(stray_answer), false);
      case fault::stray_between: {
        const std::lock_guard lock(mutex_);
        stray_ = client.fd();
        break;
      }
      case fault::foreign_after: return give(f, client, foreign_answer(choice, true));
      case fault::early_end:
        if (real->chunks.empty()) break;
        return give(f, client, real->shortened(choice % real->chunks.size(), 0));
      case fault::torn_end: {
        if (real->chunks.empty()) break;
        const std::size_t whole = choice % real->chunks.size(), size_of_next = real->chunks[whole].second;
        if (size_of_next < 2) break;
        return give(f, client, real->shortened(whole, 1 + (choice >> 32) % (size_of_next - 1)));
      }
      default: break;
    }
    return client.send(real->bytes);
  }

  static constexpr std::string_view no_record =
      "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";

  bool give(const fate& f, const connection& client, std::string_view bytes, bool may_close = true) {
    ++counts_[static_cast<std::size_t>(f.kind)];
    return client.send(bytes) && !(may_close && f.closes);
  }
  bool end_by(fault kind, const connection& client, bool resets = false) {
    ++counts_[static_cast<std::size_t>(kind)];
    if (resets || kind == fault::reset_unsent || kind == fault::reset_answer) client.will_reset();
    return false;
  }
  bool refuse(const fate& f) {
    ++counts_[static_cast<std::size_t>(f.kind)];
    const std::lock_guard lock(mutex_);
    refuses_ = ticks(1 + f.choice % 20);
    ::shutdown(listener_.fd(), SHUT_RDWR);
    return false;
  }
  // False: everything ends.
  bool pause(ticks length) {
    std::unique_lock lock(mutex_);
    return !changed_.wait_for(lock, length, [this] { return stopping_; });
  }

  // Over a connection of its own: nothing that we do to the client may reach the server.
  std::optional<answer> ask(const std::string& request) const {
    const connection to(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const sockaddr_in address = loopback(server_);
    if (::connect(to.fd(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return std::nullopt;
    to.hurry();
    to.will_reset();  // leaves no port in TIME_WAIT
    if (!to.send(request)) return std::nullopt;
    return answer::receive(to);
  }

  const std::uint16_t server_;
  const weather outside_;
  const std::chrono::steady_clock::time_point born_ = std::chrono::steady_clock::now();
  std::uint16_t port_ = 0;
  std::thread acceptor_;

  std::mutex mutex_;  // of what follows
  std::condition_variable changed_;
  connection listener_;
  std::set<int> open_;
  int stray_ = -1;  // the connection that gets a second answer when its client has no call under way
  ticks refuses_{};
  bool stopping_ = false;

  std::atomic<std::uint64_t> requests_ = 0, unanswered_ = 0;
  std::array<std::atomic<std::uint64_t>, fault_kinds> counts_{};
};

}  // namespace chaos
