// Bodies of executor/ready_sockets.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/executor/ready_sockets.hpp>

#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdint>

#if defined(__linux__) && !defined(AUDITOR_USE_POLL)
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <cerrno>
#else
#include <fcntl.h>
#include <poll.h>
#endif

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

#if defined(__linux__) && !defined(AUDITOR_USE_POLL)

AUDITOR_DECL ready_sockets::ready_sockets()
    : poll_(epoll_create1(EPOLL_CLOEXEC)), bell_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  want(bell_, true, false, 0);
}

AUDITOR_DECL void ready_sockets::close() noexcept {
  ::close(bell_);
  ::close(poll_);
}

AUDITOR_DECL void ready_sockets::want(int fd, bool read, bool write, std::uint64_t id) {
  const std::uint32_t events = (read ? EPOLLIN : 0u) | (write ? EPOLLOUT : 0u);
  const auto before = wanted_.find(fd);
  if (before != wanted_.end() && before->second.rests && before->second.id == id && before->second.events == events) {
    before->second.rests = false;
    return;
  }
  const wish& one = wanted_[fd] = {id, events, ++wishes_};
  if (!tell_system(EPOLL_CTL_ADD, fd, one) && errno == EEXIST) tell_system(EPOLL_CTL_MOD, fd, one);
}

AUDITOR_DECL void ready_sockets::rest(int fd, std::uint64_t id) noexcept {
  const auto found = wanted_.find(fd);
  if (found != wanted_.end() && found->second.id == id) found->second.rests = true;
}

AUDITOR_DECL void ready_sockets::forget(int fd, std::uint64_t id) noexcept {
  const auto found = wanted_.find(fd);
  if (found == wanted_.end() || found->second.id != id) return;
  wanted_.erase(found);
  epoll_ctl(poll_, EPOLL_CTL_DEL, fd, nullptr);
}

AUDITOR_DECL void ready_sockets::ring() const noexcept {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = write(bell_, &one, sizeof one);
}

AUDITOR_DECL seen_sockets ready_sockets::look(int milliseconds) noexcept {
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
    } else if (found->second.rests) {
      forget(found->first, found->second.id);  // it would end each sleep at once
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

AUDITOR_DECL bool ready_sockets::tell_system(int what, int fd, const wish& one) const noexcept {
  epoll_event event{};
  event.events = one.events;
  event.data.u64 = std::uint64_t{static_cast<std::uint32_t>(fd)} << 32 | one.number;
  return epoll_ctl(poll_, what, fd, &event) == 0;
}

AUDITOR_DECL void ready_sockets::begin_anew() noexcept {
  const int fresh = epoll_create1(EPOLL_CLOEXEC);
  if (fresh < 0) return;  // the next look tries again
  ::close(poll_);
  poll_ = fresh;
  std::erase_if(wanted_, [this](const auto& each) { return !tell_system(EPOLL_CTL_ADD, each.first, each.second); });
}

#else

AUDITOR_DECL ready_sockets::ready_sockets() {
  if (pipe(bell_.data()) != 0) return;
  for (const int end : bell_) {
    fcntl(end, F_SETFD, FD_CLOEXEC);
    fcntl(end, F_SETFL, O_NONBLOCK);
  }
  want(bell_[0], true, false, 0);
}

AUDITOR_DECL void ready_sockets::close() noexcept {
  for (const int end : bell_) ::close(end);
}

AUDITOR_DECL void ready_sockets::want(int fd, bool read, bool write, std::uint64_t id) {
  std::erase_if(wanted_, [fd](const wish& each) { return each.fd == fd; });
  wanted_.push_back({id, fd, static_cast<short>((read ? POLLIN : 0) | (write ? POLLOUT : 0))});
}

AUDITOR_DECL void ready_sockets::forget(int fd, std::uint64_t id) noexcept {
  std::erase_if(wanted_, [fd, id](const wish& each) { return each.fd == fd && each.id == id; });
}

AUDITOR_DECL seen_sockets ready_sockets::look(int milliseconds) {
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

#endif

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
