// The sockets of one session: whether anything came through them unasked, and what came acknowledged at once.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/config.hpp>

#include <curl/curl.h>

#include <algorithm>
#include <cstddef>
#include <vector>
#ifndef _WIN32
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#endif

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

// libcurl does not tell a running transfer its socket, only the local port of its connection: by that one it is found here.
// Unix sockets have none and count as one: what is said of one of them is said of all.
class open_sockets {
 public:
  // `shared`: HTTP/2 may be spoken through it, until is_not_shared(). libcurl does not tell of a socket that it closes before
  // it has connected: such a number stays until it comes again.
  void add(curl_socket_t socket, bool shared) {
    forget(socket);
    all_.push_back({socket, inode_of(socket), unknown, shared});
  }
  std::size_t count() noexcept {
#ifndef _WIN32
    std::erase_if(all_, [](const entry& each) { return each.inode == 0 || inode_of(each.socket) != each.inode; });
#endif
    return all_.size();
  }
  // A connection with this local port is ready.
  void connected() noexcept {
    for (entry& each : all_)
      if (each.port == unknown) each.port = port_of(each.socket);
  }
  void is_not_shared(int local_port) noexcept {
    for (entry& each : all_) each.shared = each.shared && each.port != local_port;
  }

  // Nobody has closed this kept connection, and nothing has come through it: what comes from now on may answer the next
  // request. libcurl itself looks only for the end, and took a stray answer for ours. (One that comes between this look and
  // the request nobody can tell from ours.) The streams of HTTP/2 carry numbers: there the bytes may be another's.
  //
  // Under TLS too only the socket is looked at. A session ticket that waits there is no stray answer; but tickets come before
  // the first answer and are read with it, so that this costs a new connection now and then, and is never wrong.
  bool is_quiet(int local_port) const noexcept {
    return std::none_of(all_.begin(), all_.end(), [local_port](const entry& each) {
      return each.port == local_port && !each.shared && !is_silent(each.socket);
    });
  }

  // The server keeps Nagle's algorithm on: it holds back the last small piece of a list until what it sent before is
  // acknowledged, which Linux delays by 40 ms on a kept connection.
  void acknowledge([[maybe_unused]] int local_port) const noexcept {
#ifdef TCP_QUICKACK
    const int now = 1;
    for (const entry& each : all_)
      if (each.port == local_port) setsockopt(each.socket, IPPROTO_TCP, TCP_QUICKACK, &now, sizeof now);
#endif
  }

  void leave_to_parent() const noexcept {
#ifndef _WIN32
    for (const entry& each : all_)
      if (each.inode != 0 && inode_of(each.socket) == each.inode) ::close(each.socket);
#endif
  }

  CURLcode watch(CURL* easy) noexcept {
    if (const CURLcode code = curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, &close); code != CURLE_OK) return code;
    return curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, this);
  }

 private:
  static constexpr int unknown = -1;
  struct entry {
    curl_socket_t socket;
    unsigned long long inode;  // tells it from a later one of the same number
    int port;
    bool shared;
  };

  void forget(curl_socket_t socket) noexcept {
    std::erase_if(all_, [socket](const entry& each) { return each.socket == socket; });
  }
  static int close(void* self, curl_socket_t socket) noexcept {
    static_cast<open_sockets*>(self)->forget(socket);
#ifdef _WIN32
    return closesocket(socket);
#else
    return ::close(socket);
#endif
  }

  static unsigned long long inode_of([[maybe_unused]] curl_socket_t socket) noexcept {
#ifndef _WIN32
    struct stat about{};
    if (fstat(socket, &about) == 0 && S_ISSOCK(about.st_mode)) return about.st_ino;
#endif
    return 0;
  }
  static int port_of(curl_socket_t socket) noexcept {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    void* const any = &address;
    if (getsockname(socket, static_cast<sockaddr*>(any), &size) != 0) return unknown;
    if (address.ss_family == AF_INET) return known(ntohs(static_cast<const sockaddr_in*>(any)->sin_port));
    if (address.ss_family == AF_INET6) return known(ntohs(static_cast<const sockaddr_in6*>(any)->sin6_port));
    return 0;
  }
  static int known(int port) noexcept { return port == 0 ? unknown : port; }

  // libcurl's sockets never block.
  static bool is_silent(curl_socket_t socket) noexcept {
    char byte;
#ifdef _WIN32
    return recv(socket, &byte, 1, MSG_PEEK) < 0 && WSAGetLastError() == WSAEWOULDBLOCK;
#else
    return recv(socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;
#endif
  }

  std::vector<entry> all_;
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
