// The multi handle that the streams of one transport share: its kept connections, and easy handles to use again.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/executor/process.hpp>
#include <auditor/transport/curl/bodies.hpp>
#include <auditor/transport/curl/transfer.hpp>

#include <curl/curl.h>

#include <cstddef>
#include <memory>
#include <vector>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

struct curl_multi_release {
  void operator()(CURLM* multi) const noexcept;
};

// Never undone: other parts of the program may use libcurl as well.
CURLcode initialise_curl() noexcept;

class curl_session;

// Of an inherited one only the descriptors are closed; see owning_process.
struct curl_session_release {
  void operator()(curl_session* session) const noexcept;
};
using curl_session_ptr = std::unique_ptr<curl_session, curl_session_release>;

class curl_session {
 public:
  static result<curl_session_ptr> create(const curl_settings& settings);
  curl_session(const curl_session&) = delete;
  curl_session& operator=(const curl_session&) = delete;

  // False in a child process of the one that made it: then nothing of it may be used but the settings.
  bool is_ours() const noexcept;
  // In a child: closes our descriptors of the parent's connections, which go on, and touches nothing else.
  void leave_connections() const noexcept;
  // What an inherited one becomes before its first use in a child: a new one without connections.
  static error make_ours(curl_session_ptr& session);

  const curl_settings& settings() const noexcept { return settings_; }
  CURLM* multi() const noexcept { return multi_.get(); }
  open_sockets& sockets() noexcept { return sockets_; }

  // False: as many requests are under way as may be.
  bool has_room() const noexcept { return under_way_ < settings_.max_connections; }

  // The transfer is the caller's until release(). **Errors**: `busy` without room, and those of the request.
  result<curl_transfer*> start(const request_view& request);

  // In the middle of a body this closes the connection; after its end the connection is kept.
  void release(curl_transfer* transfer) noexcept;

  // Lets every transfer go as far as it can without waiting.
  CURLMcode advance() noexcept;
  // Lets those go that use this socket, or are due when there is none.
  void advance(curl_socket_t socket, int events) noexcept;

  // Makes libcurl close the kept connections that the server has closed, and those that were silent for 3 s: it looks only
  // when a request wants a connection, and at most once a second. So one wants one, and is given none. False: there is none
  // left to look at.
  bool sweep() noexcept;

  // Tells the transfers that libcurl has finished.
  void collect() noexcept;

 private:
  explicit curl_session(const curl_settings& settings);

  // Its connection is free for another request, or gone.
  void no_longer_under_way(curl_transfer& transfer) noexcept;

  CURLcode make_spare();

  owning_process owner_;
  curl_settings settings_;
  open_sockets sockets_;  // before multi_: libcurl tells it about each that it closes
  std::unique_ptr<CURLM, curl_multi_release> multi_;
  std::size_t under_way_ = 0;
  curl_easy sweeper_;
  std::vector<std::unique_ptr<curl_transfer>> transfers_;
  curl_transfer* spare_ = nullptr;
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_CURL_BODIES
#include <auditor/impl/transport/curl/session.ipp>
#endif
