// The sockets of one session: whether anything came through them unasked, and what came acknowledged at once.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/config.hpp>
#include <auditor/transport/curl/bodies.hpp>

#include <curl/curl.h>

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
  // `maker`: the transfer that asked for it, whose it is until it has connected. `shared`: HTTP/2 may be spoken through it,
  // until is_not_shared().
  void add(curl_socket_t socket, const void* maker, bool shared);
  std::size_t count() noexcept;
  bool has_connected(curl_socket_t socket) const noexcept;
  // libcurl does not tell of a socket that it closes before it has connected, and its number may be another thread's by then.
  // So nothing is asked of one that has not, and these two forget it: one of this maker's has connected, with this local port
  // (what else it made lost the race, or failed before) - or the maker is done, and none has.
  void connected(const void* maker, int local_port) noexcept;
  void forget_unconnected(const void* maker) noexcept;
  void is_not_shared(int local_port) noexcept;

  // Nobody has closed this kept connection, and nothing has come through it: what comes from now on may answer the next
  // request. libcurl itself looks only for the end, and took a stray answer for ours. (One that comes between this look and
  // the request nobody can tell from ours.) The streams of HTTP/2 carry numbers: there the bytes may be another's.
  //
  // Under TLS too only the socket is looked at. A session ticket that waits there is no stray answer; but tickets come before
  // the first answer and are read with it, so that this costs a new connection now and then, and is never wrong.
  bool is_quiet(int local_port) const noexcept;

  // The server keeps Nagle's algorithm on: it holds back the last small piece of a list until what it sent before is
  // acknowledged, which Linux delays by 40 ms on a kept connection. So it is acknowledged at once. Of a long list that makes each
  // piece travel by itself, as soon as the one before is acknowledged: later, several of them come together.
  void acknowledge([[maybe_unused]] int local_port, [[maybe_unused]] bool at_once) const noexcept;

  void leave_to_parent() const noexcept;

  CURLcode watch(CURL* easy) noexcept;

  // Whom to tell that a number is no longer that of the socket that it was: libcurl closes it, or made a new one.
  struct listener {
    void (*fn)(void* self, curl_socket_t socket) noexcept = nullptr;
    void* self = nullptr;
  };
  void tell(const listener& whom) noexcept { listener_ = whom; }

 private:
  static constexpr int unknown = -1;
  struct entry {
    curl_socket_t socket;
    unsigned long long inode;  // tells it from a later one of the same number
    int port;
    bool shared;
    const void* maker;  // nullptr: it has connected
  };

  void forget(curl_socket_t socket) noexcept;
  static int close(void* self, curl_socket_t socket) noexcept;

  static unsigned long long inode_of([[maybe_unused]] curl_socket_t socket) noexcept;
  static int port_of(curl_socket_t socket) noexcept;

  // libcurl's sockets never block.
  static bool is_silent(curl_socket_t socket) noexcept;

  std::vector<entry> all_;
  listener listener_;
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_CURL_BODIES
#include <auditor/impl/transport/curl/open_sockets.ipp>
#endif
