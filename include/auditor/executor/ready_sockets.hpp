// Which sockets of an io_loop are ready, and the bell that ends its sleep: by epoll on Linux, by poll(2) elsewhere.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/executor/bodies.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

#if defined(__linux__) && !defined(AUDITOR_USE_POLL)
#include <unordered_map>
#else
#include <poll.h>

#include <vector>
#endif

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

// Who wanted the socket that is ready.
struct ready_socket {
  std::uint64_t id;
  bool readable, writable;
};
// What one look tells; what has no room in it is told by the next.
class seen_sockets {
 public:
  static constexpr std::size_t most = 64;

  bool is_full() const noexcept { return size_ == most; }
  void add(const ready_socket& one) noexcept { all_[size_++] = one; }
  const ready_socket* begin() const noexcept { return all_.data(); }
  const ready_socket* end() const noexcept { return all_.data() + size_; }

 private:
  std::array<ready_socket, most> all_;
  std::size_t size_ = 0;
};

// Whoever wants a socket has a number, never zero, and is told by it as long as the socket is ready; a broken connection is readable
// and writable. Its owner may close a socket that is wanted: its number may then be another's, and once that is wanted the first one
// no longer hears of it. Until then poll(2) tells the first one of whatever has the number; epoll tells it of the closed socket, as
// long as a child process holds it open. Who rests hears of nothing until he wants again; the system is told only when something
// comes meanwhile, or when he then wants something else. **Threads**: the loop's; `ring` from any, and from a signal handler. Descriptors are closed
// by `close`, not by a destructor: after a fork the rest is the parent's.
#if defined(__linux__) && !defined(AUDITOR_USE_POLL)
class ready_sockets {
 public:
  ready_sockets();
  void close() noexcept;
  bool works() const noexcept { return poll_ >= 0 && bell_ >= 0; }

  void want(int fd, bool read, bool write, std::uint64_t id);
  void rest(int fd, std::uint64_t id) noexcept;
  void forget(int fd, std::uint64_t id) noexcept;

  void ring() const noexcept;
  seen_sockets look(int milliseconds) noexcept;

 private:
  struct wish {
    std::uint64_t id;
    std::uint32_t events;
    std::uint32_t number;  // of the wish: a file descriptor may be another socket's by now
    bool rests = false;
  };

  bool tell_system(int what, int fd, const wish& one) const noexcept;
  // A socket that was closed here and is open in a child process stays in the set, cannot be taken out of it without a descriptor,
  // and would end each sleep at once.
  void begin_anew() noexcept;

  int poll_, bell_;
  std::uint32_t wishes_ = 0;
  std::unordered_map<int, wish> wanted_;
};
#else
class ready_sockets {
 public:
  ready_sockets();
  void close() noexcept;
  bool works() const noexcept { return bell_[0] >= 0; }

  void want(int fd, bool read, bool write, std::uint64_t id);
  void rest(int fd, std::uint64_t id) noexcept { forget(fd, id); }
  void forget(int fd, std::uint64_t id) noexcept;

  void ring() const noexcept { [[maybe_unused]] const auto written = write(bell_[1], "", 1); }
  seen_sockets look(int milliseconds);

 private:
  struct wish {
    std::uint64_t id;
    int fd;
    short events;
  };

  std::array<int, 2> bell_{-1, -1};
  std::vector<wish> wanted_;
  std::vector<pollfd> asked_;
  std::size_t last_ = 0;
};
#endif

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_IO_LOOP_BODIES
#include <auditor/impl/executor/ready_sockets.ipp>
#endif
