// Bodies of ext/beast.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/ext/beast.hpp>
#include <auditor/impl/ext/beast_session.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <utility>

namespace auditor {
inline namespace AUDITOR_ABI {

inline beast_transport::stream::~stream() { close(); }

inline void beast_transport::stream::async_read(std::span<char> into, completion<std::size_t> got) {
  const auto kept = exchange_;  // the completion may destroy the stream
  if (kept == nullptr) return got(error(errc::invalid_argument, detail::no_async_read));
  kept->read(into, got);
}

inline void beast_transport::stream::cancel() noexcept {
  if (const auto kept = exchange_) kept->cancel();
}

inline void beast_transport::stream::close() noexcept {
  if (const auto kept = std::exchange(exchange_, nullptr)) kept->abandon();
}

inline result<beast_transport> beast_transport::create(const boost_asio_executor& executor, beast_options options) {
  auto server = detail::endpoint_from_url(options.url, "url");
  if (!server) return server.error();
  auto peer = server;
  if (!options.connect_to.empty()) {
    peer = detail::endpoint_from_url("http://" + options.connect_to, "connect_to");
    if (!peer || !options.connect_to.ends_with(":" + std::to_string(peer->port)))
      return detail::bad_setting("connect_to", "give host:port, as in localhost:9000; an IPv6 address in brackets");
  }
  if (const error e = detail::check_connecting(options.connect_timeout, options.max_connections, options.user_agent))
    return e;
  for (const std::string* given : detail::texts_of(options.tls))
    if (!server->tls && !given->empty()) return detail::bad_setting("tls", "the url says http; make it https");
  if (server->tls) {
    boost::asio::ssl::context trial(boost::asio::ssl::context::tls_client);
    if (const error e = detail::fill_context(trial, options.tls)) return e;
  }
  return beast_transport(
      std::make_unique<detail::beast_session>(executor, *std::move(server), *std::move(peer), std::move(options)));
}

inline void beast_transport::async_open(stream& answer, const request_view& request, completion<response_head> opened) {
  answer.close();
  auto text = session_->print(request);
  if (!text) return opened(text.error());
  const auto started = std::make_shared<detail::beast_exchange>(*session_, *std::move(text), opened);
  answer.exchange_ = started;
  session_->admit(started);
}

inline beast_transport::beast_transport(std::unique_ptr<detail::beast_session> session) noexcept
    : session_(std::move(session)) {}
inline beast_transport::beast_transport(beast_transport&&) noexcept = default;
inline beast_transport& beast_transport::operator=(beast_transport&&) noexcept = default;
inline beast_transport::~beast_transport() = default;

}  // namespace AUDITOR_ABI
}  // namespace auditor
