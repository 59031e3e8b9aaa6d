// Bodies of transport/curl/session.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/transport/curl/session.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <utility>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

AUDITOR_DECL void curl_multi_release::operator()(CURLM* multi) const noexcept { curl_multi_cleanup(multi); }

AUDITOR_DECL CURLcode initialise_curl() noexcept {
  static const CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);
  return code;
}

AUDITOR_DECL result<curl_session_ptr> curl_session::create(const curl_settings& settings) {
  const auto refuse = [](CURLcode code) {
    error e(errc::invalid_argument, "libcurl refuses these settings: ");
    e.native = static_cast<std::int32_t>(code);
    return e.more(curl_easy_strerror(code));
  };
  if (const CURLcode code = initialise_curl(); code != CURLE_OK) return refuse(code);
  curl_session_ptr session(new curl_session(settings));
  if (session->multi_ == nullptr) return refuse(CURLE_OUT_OF_MEMORY);
  // Now rather than in the first request: options that this libcurl was built without are found here.
  if (const CURLcode code = session->make_spare(); code != CURLE_OK) return refuse(code);
  return session;
}

AUDITOR_DECL bool curl_session::is_ours() const noexcept { return owner_.is_this(); }

AUDITOR_DECL void curl_session::leave_connections() const noexcept { sockets_.leave_to_parent(); }

AUDITOR_DECL error curl_session::make_ours(curl_session_ptr& session) {
  if (session->is_ours()) return {};
  auto fresh = create(session->settings());
  if (!fresh) return fresh.error();
  session = *std::move(fresh);
  return {};
}

AUDITOR_DECL result<curl_transfer*> curl_session::start(const request_view& request) {
  if (!has_room())
    return error(errc::busy, "max_connections: each of the ").more(settings_.max_connections).more(" has an open stream");
  if (spare_ == nullptr)
    if (const CURLcode code = make_spare(); code != CURLE_OK) return error(errc::connect_failed, curl_easy_strerror(code));
  if (const auto prepared = spare_->prepare(request); !prepared) return prepared.error();
  if (const CURLMcode code = curl_multi_add_handle(multi_.get(), spare_->easy()); code != CURLM_OK)
    return error(errc::connect_failed, curl_multi_strerror(code));
  ++under_way_;
  spare_->under_way_ = true;
  return std::exchange(spare_, std::exchange(spare_->next_spare_, nullptr));
}

AUDITOR_DECL void curl_session::release(curl_transfer* transfer) noexcept {
  if (!is_ours()) return;
  curl_multi_remove_handle(multi_.get(), transfer->easy());
  no_longer_under_way(*transfer);
  transfer->next_spare_ = std::exchange(spare_, transfer);
}

AUDITOR_DECL CURLMcode curl_session::advance() noexcept {
  int running = 0;
  const CURLMcode code = curl_multi_perform(multi_.get(), &running);
  collect();
  return code;
}

AUDITOR_DECL void curl_session::advance(curl_socket_t socket, int events) noexcept {
  int running = 0;
  curl_multi_socket_action(multi_.get(), socket, events, &running);
  collect();
}

AUDITOR_DECL bool curl_session::sweep() noexcept {
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

AUDITOR_DECL void curl_session::collect() noexcept {
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

AUDITOR_DECL curl_session::curl_session(const curl_settings& settings) : settings_(settings), multi_(curl_multi_init()) {
  if (multi_ == nullptr) return;
  constexpr std::size_t most = 10'000;  // it is a long
  curl_multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS, static_cast<long>((std::min)(settings_.max_connections, most)));
}

AUDITOR_DECL void curl_session::no_longer_under_way(curl_transfer& transfer) noexcept {
  if (std::exchange(transfer.under_way_, false)) --under_way_;
  sockets_.forget_unconnected(&transfer);
}

AUDITOR_DECL CURLcode curl_session::make_spare() {
  auto transfer = std::make_unique<curl_transfer>(settings_, sockets_);
  if (const CURLcode code = transfer->set_up(); code != CURLE_OK) return code;
  transfer->next_spare_ = std::exchange(spare_, transfer.get());
  transfers_.push_back(std::move(transfer));
  return CURLE_OK;
}

AUDITOR_DECL void curl_session_release::operator()(curl_session* session) const noexcept {
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
