// Bodies of transport/curl/open_sockets.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/transport/curl/open_sockets.hpp>

#include <algorithm>
#include <cerrno>
#include <cstddef>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

AUDITOR_DECL void open_sockets::add(curl_socket_t socket, const void* maker, bool shared) {
  forget(socket);
  all_.push_back({socket, inode_of(socket), unknown, shared, maker});
}

AUDITOR_DECL std::size_t open_sockets::count() noexcept {
#ifndef _WIN32
  std::erase_if(all_, [](const entry& each) {
    return each.maker == nullptr && (each.inode == 0 || inode_of(each.socket) != each.inode);
  });
#endif
  return all_.size();
}

AUDITOR_DECL bool open_sockets::has_connected(curl_socket_t socket) const noexcept {
  return std::any_of(all_.begin(), all_.end(),
                     [socket](const entry& each) { return each.socket == socket && each.maker == nullptr; });
}

AUDITOR_DECL void open_sockets::connected(const void* maker, int local_port) noexcept {
  const auto is_its = [maker](const entry& each) { return each.maker == maker; };
  const bool alone = std::count_if(all_.begin(), all_.end(), is_its) == 1;
  for (entry& each : all_) {
    if (!is_its(each)) continue;
    if (!alone && (port_of(each.socket) != local_port || inode_of(each.socket) != each.inode)) continue;
    each.port = local_port;
    each.maker = nullptr;
    break;
  }
  forget_unconnected(maker);
}

AUDITOR_DECL void open_sockets::forget_unconnected(const void* maker) noexcept {
  std::erase_if(all_, [maker](const entry& each) { return each.maker == maker; });
}

AUDITOR_DECL void open_sockets::is_not_shared(int local_port) noexcept {
  for (entry& each : all_) each.shared = each.shared && each.port != local_port;
}

AUDITOR_DECL bool open_sockets::is_quiet(int local_port) const noexcept {
  bool found = false;
  for (const entry& each : all_) {
    if (each.port != local_port) continue;
    if (!each.shared && !is_silent(each.socket)) return false;
    found = true;
  }
  return found;
}

AUDITOR_DECL void open_sockets::acknowledge([[maybe_unused]] int local_port, [[maybe_unused]] bool at_once) const noexcept {
#ifdef TCP_QUICKACK
  const int now = at_once ? 1 : 0;
  for (const entry& each : all_)
    if (each.port == local_port) setsockopt(each.socket, IPPROTO_TCP, TCP_QUICKACK, &now, sizeof now);
#endif
}

AUDITOR_DECL void open_sockets::leave_to_parent() const noexcept {
#ifndef _WIN32
  for (const entry& each : all_)
    if (each.inode != 0 && inode_of(each.socket) == each.inode) ::close(each.socket);
#endif
}

AUDITOR_DECL CURLcode open_sockets::watch(CURL* easy) noexcept {
  if (const CURLcode code = curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, &close); code != CURLE_OK) return code;
  return curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, this);
}

AUDITOR_DECL void open_sockets::forget(curl_socket_t socket) noexcept {
  std::erase_if(all_, [socket](const entry& each) { return each.socket == socket; });
  if (listener_.fn != nullptr) listener_.fn(listener_.self, socket);
}

AUDITOR_DECL int open_sockets::close(void* self, curl_socket_t socket) noexcept {
  static_cast<open_sockets*>(self)->forget(socket);
#ifdef _WIN32
  return closesocket(socket);
#else
  return ::close(socket);
#endif
}

AUDITOR_DECL unsigned long long open_sockets::inode_of([[maybe_unused]] curl_socket_t socket) noexcept {
#ifndef _WIN32
  struct stat about{};
  if (fstat(socket, &about) == 0 && S_ISSOCK(about.st_mode)) return about.st_ino;
#endif
  return 0;
}

AUDITOR_DECL int open_sockets::port_of(curl_socket_t socket) noexcept {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  void* const any = &address;
  if (getsockname(socket, static_cast<sockaddr*>(any), &size) != 0) return unknown;
  if (address.ss_family == AF_INET) return ntohs(static_cast<const sockaddr_in*>(any)->sin_port);
  if (address.ss_family == AF_INET6) return ntohs(static_cast<const sockaddr_in6*>(any)->sin6_port);
  return 0;
}

AUDITOR_DECL bool open_sockets::is_silent(curl_socket_t socket) noexcept {
  char byte;
#ifdef _WIN32
  return recv(socket, &byte, 1, MSG_PEEK) < 0 && WSAGetLastError() == WSAEWOULDBLOCK;
#else
  return recv(socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;
#endif
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
