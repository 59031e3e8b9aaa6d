// The sockets of one session, so that what came through them can be acknowledged at once.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/config.hpp>

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <cstddef>
#ifdef __linux__
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>
#endif

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

#ifdef __linux__

// The server keeps Nagle's algorithm on: it holds back the last small piece of a list until what it sent before is
// acknowledged, which Linux delays by 40 ms on a kept connection. libcurl does not tell a running transfer its socket: it
// is the one that had something to read, where the driver knows it, else all of the session are asked; a blocking one has
// hardly more than one.
class open_sockets {
 public:
  // The last ones; others are only slower. libcurl does not tell of a socket that it closes before it has connected: such a
  // number stays until it comes again or its turn is over.
  void add(curl_socket_t socket) noexcept {
    forget(socket);
    if (count_ == sockets_.size()) forget(sockets_.front());
    sockets_[count_++] = socket;
  }
  // What comes until the next call of this came through it; CURL_SOCKET_BAD: nobody knows.
  void active(curl_socket_t socket) noexcept { active_ = socket; }
  void acknowledge() const noexcept {
    const int now = 1;
    if (active_ != CURL_SOCKET_BAD)
      setsockopt(active_, IPPROTO_TCP, TCP_QUICKACK, &now, sizeof now);
    else
      for (std::size_t i = 0; i < count_; ++i) setsockopt(sockets_[i], IPPROTO_TCP, TCP_QUICKACK, &now, sizeof now);
  }
  CURLcode watch(CURL* easy) noexcept {
    if (const CURLcode code = curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, &close); code != CURLE_OK) return code;
    return curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, this);
  }

 private:
  void forget(curl_socket_t socket) noexcept {
    const auto end = sockets_.begin() + static_cast<std::ptrdiff_t>(count_);
    count_ = static_cast<std::size_t>(std::remove(sockets_.begin(), end, socket) - sockets_.begin());
  }
  static int close(void* self, curl_socket_t socket) noexcept {
    static_cast<open_sockets*>(self)->forget(socket);
    return ::close(socket);
  }

  std::array<curl_socket_t, 8> sockets_{};
  std::size_t count_ = 0;
  curl_socket_t active_ = CURL_SOCKET_BAD;
};

#else

class open_sockets {
 public:
  void add(curl_socket_t) noexcept {}
  void active(curl_socket_t) noexcept {}
  void acknowledge() const noexcept {}
  CURLcode watch(CURL*) noexcept { return CURLE_OK; }
};

#endif

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
