// Which sockets of an io_loop are ready, and the bell that ends its sleep: by epoll on Linux, by poll(2) elsewhere.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/config.hpp>

#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdint>

#if defined(__linux__) && !defined(AUDITOR_USE_POLL)
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <cerrno>
#include <unordered_map>
#else
#include <fcntl.h>
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
// long as a child process holds it open. **Threads**: the loop's; `ring` from any, and from a signal handler. Descriptors are closed
// by `close`, not by a destructor: after a fork the rest is the parent's.
#if defined(__linux__) && !defined(AUDITOR_USE_POLL)
class ready_sockets {
 public:
  ready_sockets() : poll_(epoll_create1(EPOLL_CLOEXEC)), bell_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
    want(bell_, true, false, 0);
  }
  void close() noexcept {
    ::close(bell_);
    ::close(poll_);
  }
  bool works() const noexcept { return poll_ >= 0 && bell_ >= 0; }

  void want(int fd, bool read, bool write, std::uint64_t id) {
    const wish& one = wanted_[fd] = {id, (read ? EPOLLIN : 0u) | (write ? EPOLLOUT : 0u), ++wishes_};
    if (!tell_system(EPOLL_CTL_ADD, fd, one) && errno == EEXIST) tell_system(EPOLL_CTL_MOD, fd, one);
  }
  void forget(int fd, std::uint64_t id) noexcept {
    const auto found = wanted_.find(fd);
    if (found == wanted_.end() || found->second.id != id) return;
    wanted_.erase(found);
    epoll_ctl(poll_, EPOLL_CTL_DEL, fd, nullptr);
  }

  void ring() const noexcept {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = write(bell_, &one, sizeof one);
  }
  seen_sockets look(int milliseconds) noexcept {
    seen_sockets seen;
    std::array<epoll_event, seen_sockets::most> events;
    const int n = epoll_wait(poll_, events.data(), static_cast<int>(events.size()), milliseconds);
    bool is_stale = false;
    for (int i = 0; i < n; ++i) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      const std::uint64_t said = event.data.u64;  // a copy: the system's structure is packed
      const bool broken = (event.events & (EPOLLERR | EPOLLHUP)) != 0;
      const auto found = wanted_.find(static_cast<int>(said >> 32));
      if (found == wanted_.end() || found->second.number != static_cast<std::uint32_t>(said)) {
        is_stale = true;
      } else if (found->second.id != 0) {
        seen.add({found->second.id, broken || (event.events & EPOLLIN) != 0, broken || (event.events & EPOLLOUT) != 0});
      } else {
        std::uint64_t rings;
        [[maybe_unused]] const auto bytes = read(bell_, &rings, sizeof rings);
      }
    }
    if (is_stale) begin_anew();
    return seen;
  }

 private:
  struct wish {
    std::uint64_t id;
    std::uint32_t events;
    std::uint32_t number;  // of the wish: a file descriptor may be another socket's by now
  };

  bool tell_system(int what, int fd, const wish& one) const noexcept {
    epoll_event event{};
    event.events = one.events;
    event.data.u64 = std::uint64_t{static_cast<std::uint32_t>(fd)} << 32 | one.number;
    return epoll_ctl(poll_, what, fd, &event) == 0;
  }
  // A socket that was closed here and is open in a child process stays in the set, cannot be taken out of it without a descriptor,
  // and would end each sleep at once.
  void begin_anew() noexcept {
    const int fresh = epoll_create1(EPOLL_CLOEXEC);
    if (fresh < 0) return;  // the next look tries again
    ::close(poll_);
    poll_ = fresh;
    std::erase_if(wanted_, [this](const auto& each) { return !tell_system(EPOLL_CTL_ADD, each.first, each.second); });
  }

  int poll_, bell_;
  std::uint32_t wishes_ = 0;
  std::unordered_map<int, wish> wanted_;
};
#else
class ready_sockets {
 public:
  ready_sockets() {
    if (pipe(bell_.data()) != 0) return;
    for (const int end : bell_) {
      fcntl(end, F_SETFD, FD_CLOEXEC);
      fcntl(end, F_SETFL, O_NONBLOCK);
    }
    want(bell_[0], true, false, 0);
  }
  void close() noexcept {
    for (const int end : bell_) ::close(end);
  }
  bool works() const noexcept { return bell_[0] >= 0; }

  void want(int fd, bool read, bool write, std::uint64_t id) {
    std::erase_if(wanted_, [fd](const wish& each) { return each.fd == fd; });
    wanted_.push_back({id, fd, static_cast<short>((read ? POLLIN : 0) | (write ? POLLOUT : 0))});
  }
  void forget(int fd, std::uint64_t id) noexcept {
    std::erase_if(wanted_, [fd, id](const wish& each) { return each.fd == fd && each.id == id; });
  }

  void ring() const noexcept { [[maybe_unused]] const auto written = write(bell_[1], "", 1); }
  seen_sockets look(int milliseconds) {
    asked_.clear();
    for (const wish& each : wanted_) asked_.push_back({each.fd, each.events, 0});
    seen_sockets seen;
    if (poll(asked_.data(), static_cast<nfds_t>(asked_.size()), milliseconds) <= 0) return seen;
    // Each look begins where the last one ended: sockets that are always ready must not hide the others.
    for (std::size_t left = asked_.size(); left != 0 && !seen.is_full(); --left) {
      if (++last_ >= asked_.size()) last_ = 0;
      const pollfd& socket = asked_[last_];
      const bool broken = (socket.revents & (POLLERR | POLLHUP)) != 0;
      if ((socket.revents & POLLNVAL) != 0) {
        wanted_[last_].fd = -1;  // its owner closed it: not asked again
      } else if (wanted_[last_].id != 0 && socket.revents != 0) {
        seen.add({wanted_[last_].id, broken || (socket.revents & POLLIN) != 0, broken || (socket.revents & POLLOUT) != 0});
      } else if (socket.revents != 0) {
        std::array<char, 64> rings;
        [[maybe_unused]] const auto bytes = read(bell_[0], rings.data(), rings.size());
      }
    }
    std::erase_if(wanted_, [](const wish& each) { return each.fd < 0; });
    return seen;
  }

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
