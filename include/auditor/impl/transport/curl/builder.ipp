// Bodies of transport/curl/builder.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/transport/curl/builder.hpp>

#include <string>
#include <utility>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

constexpr bool is_proxy_url(std::string_view text) noexcept {
  for (const std::string_view scheme : {"http://", "https://", "socks4://", "socks4a://", "socks5://", "socks5h://"})
    if (same_word(text.substr(0, scheme.size()), scheme) && text.size() > scheme.size()) return true;
  return false;
}

inline error check_with_curl(std::string_view setting, const std::string& url, unsigned flags) noexcept {
  CURLU* parsed = curl_url();
  if (parsed == nullptr) return error(errc::invalid_argument, "out of memory");
  const CURLUcode code = curl_url_set(parsed, CURLUPART_URL, url.c_str(), flags);
  curl_url_cleanup(parsed);
  if (code == CURLUE_OK) return {};
  return bad_setting(setting, "libcurl cannot read it: ").more(curl_url_strerror(code));
}

#define AUDITOR_TEXT_OF(words) AUDITOR_QUOTED(words)
#define AUDITOR_QUOTED(words) #words
AUDITOR_DECL curl_choices::curl_choices()
    : user_agent("auditor-cpp/" AUDITOR_TEXT_OF(AUDITOR_VERSION_MAJOR) "." AUDITOR_TEXT_OF(
          AUDITOR_VERSION_MINOR) "." AUDITOR_TEXT_OF(AUDITOR_VERSION_PATCH)) {}
#undef AUDITOR_QUOTED
#undef AUDITOR_TEXT_OF
AUDITOR_DECL curl_choices::curl_choices(const curl_choices&) = default;
AUDITOR_DECL curl_choices::curl_choices(curl_choices&&) noexcept = default;
AUDITOR_DECL curl_choices& curl_choices::operator=(const curl_choices&) = default;
AUDITOR_DECL curl_choices::~curl_choices() = default;

AUDITOR_DECL error curl_choices::read(curl_settings& all) const {
  const auto server = url ? read_url(*url, "connection_string") : endpoint_from_address(host, port);
  if (!server) return server.error();
  all.server = *server;
  if (!url) all.server.tls = tls.has_value();
  if (const error e = check_with_curl("address", all.server.url(), CURLU_PATH_AS_IS)) return e;
  if (tls && !all.server.tls) return bad_setting("with_tls", "the connection_string says http; make it https");
  if (http2 && !all.server.tls) return bad_setting("http2", "needs HTTPS: Auditor speaks HTTP/2 over TLS only");
  if (const error e = check_connecting(connect_timeout, max_connections, user_agent)) return e;
  if (unix_socket) {
    constexpr std::size_t longest = 107;  // of sun_path
    if (unix_socket->empty() || unix_socket->size() > longest || has_control_character(*unix_socket))
      return bad_setting("unix_socket", "give a path of 1 to 107 bytes without control characters");
    if (proxy) return bad_setting("proxy", "there is none on the way to a unix_socket; leave one of them out");
    all.unix_socket = *unix_socket;
  }
  if (connect_to) {
    const auto there = endpoint_from_address(connect_to->first, connect_to->second, "connect_to");
    if (!there) return there.error();
    if (proxy || unix_socket)
      return bad_setting("connect_to", "there is another way already, by proxy or unix_socket; leave one of them out");
    all.connect_to = "::" + endpoint::in_brackets(there->host) + ':' + std::to_string(there->port);  // whatever it is for
  }
  if (proxy) {
    if (!is_proxy_url(*proxy) || has_control_character(*proxy))
      return bad_setting("proxy", "give a URL, as in http://host:3128; leave it out for none");
    if (const error e = check_with_curl("proxy", *proxy, CURLU_NON_SUPPORT_SCHEME)) return e;
    all.proxy = *proxy;
  }
  if (tls) {
    all.tls = *tls;
    for (const std::string* text : texts_of(all.tls))
      if (has_control_character(*text)) return bad_setting("with_tls", "no control characters in its values");
  }
  all.user_agent = user_agent;
  all.connect_timeout = connect_timeout;
  all.max_connections = max_connections;
  all.http2 = http2;
  all.allow_unframed = allow_unframed;
  return tls ? check_tls(all) : error();
}

AUDITOR_DECL result<curl_session_ptr> curl_choices::session() const {
  curl_settings all;
  if (const error e = read(all)) return e;
  return curl_session::create(all);
}

}  // namespace detail

AUDITOR_DECL result<curl_transport> curl_builder::build() const {
  auto session = chosen().session();
  if (!session) return session.error();
  return curl_transport(*std::move(session));
}

}  // namespace AUDITOR_ABI
}  // namespace auditor
