// The multi handle that the streams of one transport share: its kept connections, and easy handles to use again.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/executor/process.hpp>
#include <auditor/transport/curl/transfer.hpp>

#include <curl/curl.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

struct curl_multi_release {
  void operator()(CURLM* multi) const noexcept { curl_multi_cleanup(multi); }
};

// Never undone: other parts of the program may use libcurl as well.
inline CURLcode initialise_curl() noexcept {
  static const CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);
  return code;
}

class curl_session;

// Of an inherited one only the descriptors are closed; see owning_process.
struct curl_session_release {
  void operator()(curl_session* session) const noexcept;
};
using curl_session_ptr = std::unique_ptr<curl_session, curl_session_release>;

class curl_session {
 public:
  static result<curl_session_ptr> create(curl_settings settings) {
    const auto refuse = [](CURLcode code) {
      error e(errc::invalid_argument, "libcurl refuses these settings: ");
      e.native = static_cast<std::int32_t>(code);
      return e.more(curl_easy_strerror(code));
    };
    if (const CURLcode code = initialise_curl(); code != CURLE_OK) return refuse(code);
    curl_session_ptr session(new curl_session(std::move(settings)));
    if (session->multi_ == nullptr) return refuse(CURLE_OUT_OF_MEMORY);
    // Now rather than in the first request: options that this libcurl was built without are found here.
    if (const CURLcode code = session->make_spare(); code != CURLE_OK) return refuse(code);
    return session;
  }
  curl_session(const curl_session&) = delete;
  curl_session& operator=(const curl_session&) = delete;

  // False in a child process of the one that made it: then nothing of it may be used but the settings.
  bool is_ours() const noexcept { return owner_.is_this(); }
  // In a child: closes our descriptors of the parent's connections, which go on, and touches nothing else.
  void leave_connections() const noexcept { sockets_.leave_to_parent(); }
  // What an inherited one becomes before its first use in a child: a new one without connections.
  static error make_ours(curl_session_ptr& session) {
    if (session->is_ours()) return {};
    auto fresh = create(session->settings());
    if (!fresh) return fresh.error();
    session = *std::move(fresh);
    return {};
  }

  const curl_settings& settings() const noexcept { return settings_; }
  CURLM* multi() const noexcept { return multi_.get(); }

  // False: as many requests are under way as may be.
  bool has_room() const noexcept { return under_way_ < settings_.max_connections; }

  // The transfer is the caller's until release(). **Errors**: `busy` without room, and those of the request.
  result<curl_transfer*> start(const request_view& request) {
    if (!has_room())
      return error(errc::busy, "max_connections: each of the ").more(settings_.max_connections).more(" has an open stream");
    if (spare_ == nullptr)
      if (const CURLcode code = make_spare(); code != CURLE_OK)
        return error(errc::connect_failed, curl_easy_strerror(code));
    if (const auto prepared = spare_->prepare(request); !prepared) return prepared.error();
    if (const CURLMcode code = curl_multi_add_handle(multi_.get(), spare_->easy()); code != CURLM_OK)
      return error(errc::connect_failed, curl_multi_strerror(code));
    ++under_way_;
    spare_->under_way_ = true;
    return std::exchange(spare_, std::exchange(spare_->next_spare_, nullptr));
  }

  // In the middle of a body this closes the connection; after its end the connection is kept.
  void release(curl_transfer* transfer) noexcept {
    if (!is_ours()) return;
    curl_multi_remove_handle(multi_.get(), transfer->easy());
    no_longer_under_way(*transfer);
    transfer->next_spare_ = std::exchange(spare_, transfer);
  }

  // Lets every transfer go as far as it can without waiting.
  CURLMcode advance() noexcept {
    int running = 0;
    const CURLMcode code = curl_multi_perform(multi_.get(), &running);
    collect();
    return code;
  }
  // Lets those go that use this socket, or are due when there is none.
  void advance(curl_socket_t socket, int events) noexcept {
    int running = 0;
    curl_multi_socket_action(multi_.get(), socket, events, &running);
    collect();
  }

  // Makes libcurl close the kept connections that the server has closed, and those that were silent for 3 s: it looks only
  // when a request wants a connection, and at most once a second. So one wants one, and is given none. False: there is none
  // left to look at.
  bool sweep() noexcept {
    if (sockets_.count() <= under_way_) return false;
    if (sweeper_ == nullptr) {
      sweeper_.reset(curl_easy_init());
      const auto no_socket = [](void*, curlsocktype, curl_sockaddr*) -> curl_socket_t { return CURL_SOCKET_BAD; };
      curl_opensocket_callback const refuse = no_socket;
      if (sweeper_ == nullptr || configure(sweeper_.get(), settings_) != CURLE_OK) return false;
      curl_options(sweeper_.get())
          .set(CURLOPT_URL, "http://127.0.0.1:1")
          .set(CURLOPT_PROXY, "")
          .set(CURLOPT_UNIX_SOCKET_PATH, static_cast<const char*>(nullptr))
          .set(CURLOPT_FRESH_CONNECT, 1L)
          .set(CURLOPT_OPENSOCKETFUNCTION, refuse);
    }
    curl_multi_remove_handle(multi_.get(), sweeper_.get());
    curl_multi_add_handle(multi_.get(), sweeper_.get());
    return true;
  }

  // Tells the transfers that libcurl has finished.
  void collect() noexcept {
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
      char* self = nullptr;
      curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &self);
      if (self == nullptr) {
        curl_multi_remove_handle(multi_.get(), message->easy_handle);  // sweep()
        continue;
      }
      auto& transfer = *static_cast<curl_transfer*>(static_cast<void*>(self));
      CURLcode code = message->data.result;
      // Nothing of it was sent: it goes out now, on a new connection.
      if (transfer.found_stray()) {
        curl_multi_remove_handle(multi_.get(), transfer.easy());
        transfer.prepare_fresh();
        if (curl_multi_add_handle(multi_.get(), transfer.easy()) == CURLM_OK) continue;
        code = CURLE_OUT_OF_MEMORY;
      }
      no_longer_under_way(transfer);
      transfer.finish(code);
    }
  }

 private:
  explicit curl_session(curl_settings settings) : settings_(std::move(settings)), multi_(curl_multi_init()) {
    if (multi_ == nullptr) return;
    constexpr std::size_t most = 10'000;  // it is a long
    curl_multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS, static_cast<long>((std::min)(settings_.max_connections, most)));
  }

  // Its connection is free for another request, or gone.
  void no_longer_under_way(curl_transfer& transfer) noexcept {
    if (std::exchange(transfer.under_way_, false)) --under_way_;
  }

  CURLcode make_spare() {
    auto transfer = std::make_unique<curl_transfer>(settings_, sockets_);
    if (const CURLcode code = transfer->set_up(); code != CURLE_OK) return code;
    transfer->next_spare_ = std::exchange(spare_, transfer.get());
    transfers_.push_back(std::move(transfer));
    return CURLE_OK;
  }

  owning_process owner_;
  curl_settings settings_;
  open_sockets sockets_;  // before multi_: libcurl tells it about each that it closes
  std::unique_ptr<CURLM, curl_multi_release> multi_;
  std::size_t under_way_ = 0;
  curl_easy sweeper_;
  std::vector<std::unique_ptr<curl_transfer>> transfers_;
  curl_transfer* spare_ = nullptr;
};

inline void curl_session_release::operator()(curl_session* session) const noexcept {
  if (session->is_ours()) {
    delete session;
  } else {
    session->leave_connections();
    leave_to_parent(session);
  }
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
