// How a program says where Auditor is and how to reach it. Every mistake is an error of build(), none is later.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/transport/curl/bodies.hpp>
#include <auditor/transport/curl/tls_check.hpp>
#include <auditor/transport/curl/transport.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

std::string default_user_agent();

error check_with_curl(const std::string& url) noexcept;

constexpr bool is_proxy_url(std::string_view text) noexcept {
  for (const std::string_view scheme : {"http://", "https://", "socks4://", "socks4a://", "socks5://", "socks5h://"})
    if (text.starts_with(scheme) && text.size() > scheme.size()) return true;
  return false;
}

}  // namespace detail

/// The settings of a transport on libcurl, for a builder that derives from it as `class B : public basic_curl_builder<B>`.
/// Of two calls that say the same thing the last one counts. Nothing is checked before `build()`, and strings are copied:
/// a builder may be kept and used again. Calls on a temporary give a value, so that `auto b = builder().address(...)` does
/// not dangle.
template <class Builder>
class AUDITOR_EXPORT basic_curl_builder {
 public:
  basic_curl_builder() = default;
  basic_curl_builder(const basic_curl_builder&) = default;
  basic_curl_builder(basic_curl_builder&&) = default;
  // Copies from a temporary, too: strings that are moved onto themselves are empty, and no setting is to vanish.
  basic_curl_builder& operator=(const basic_curl_builder&) = default;

  /// Host name or IP address (IPv6 with or without brackets) and port. Over HTTPS if `with_tls` is called, else HTTP.
  /// Without this and `connection_string`: 127.0.0.1, port 8080.
  Builder& address(detail::borrowed_text host, std::int64_t port) & {
    url_.reset();
    host_ = std::string_view(host);
    port_ = port;
    return self();
  }
  Builder address(detail::borrowed_text host, std::int64_t port) && { return std::move(address(host, port)); }

  /// A URL: `http://host:8000`, `https://host:8443/base/path`. The base path is put before every request's.
  Builder& connection_string(detail::borrowed_text url) & {
    url_ = std::string_view(url);
    read_url_ = &detail::endpoint_from_url;
    return self();
  }
  Builder connection_string(detail::borrowed_text url) && { return std::move(connection_string(url)); }
  /// HTTPS with these authorities and this certificate of ours.
  Builder& with_tls(tls_options options) & {
    tls_ = std::move(options);
    check_tls_ = &detail::check_tls;
    return self();
  }
  Builder with_tls(tls_options options) && { return std::move(with_tls(std::move(options))); }
  /// HTTPS with the system's authorities and no certificate of ours.
  Builder& with_tls() & { return with_tls(tls_options{}); }
  Builder with_tls() && { return std::move(with_tls()); }
  /// Connects there instead of to the address, which goes on to name the server: in the request, and in the certificate that it
  /// must show. For tunnels and port forwardings: `ssh -L 9000:auditor:8443` wants
  /// `.address("auditor", 8443).with_tls().connect_to("127.0.0.1", 9000)`.
  Builder& connect_to(detail::borrowed_text host, std::int64_t port) & {
    connect_to_.emplace(std::string_view(host), port);
    return self();
  }
  Builder connect_to(detail::borrowed_text host, std::int64_t port) && { return std::move(connect_to(host, port)); }
  /// Connects to this path instead of the address, which then only names the host to the server.
  Builder& unix_socket(detail::borrowed_text path) & {
    unix_socket_ = std::string_view(path);
    return self();
  }
  Builder unix_socket(detail::borrowed_text path) && { return std::move(unix_socket(path)); }
  /// The longest that name look-up, connection and TLS handshake may take together. Default: 5 s.
  Builder& connect_timeout(ticks longest) & {
    connect_timeout_ = longest;
    return self();
  }
  Builder connect_timeout(ticks longest) && { return std::move(connect_timeout(longest)); }
  /// The most requests under way at once, and the most connections kept. Default: 100. With an asynchronous client those that
  /// come later wait their turn in the order in which they came; the waiting counts to the limits of the call, and a cancel
  /// ends it. A blocking client, whose thread cannot wait for itself, answers `busy`: each visitor that calls the client from
  /// within another's is one more. Under HTTP/2 requests share connections, and it is requests that count.
  Builder& max_connections(std::size_t most) & {
    max_connections_ = most;
    return self();
  }
  Builder max_connections(std::size_t most) && { return std::move(max_connections(most)); }
  /// Default: `auditor-cpp/` and the version.
  Builder& user_agent(detail::borrowed_text name) & {
    user_agent_ = std::string_view(name);
    return self();
  }
  Builder user_agent(detail::borrowed_text name) && { return std::move(user_agent(name)); }
  /// `http://host:port`, also `https://`, `socks4a://` and `socks5h://`. Without this none is used, whatever the
  /// environment says.
  Builder& proxy(detail::borrowed_text url) & {
    proxy_ = std::string_view(url);
    return self();
  }
  Builder proxy(detail::borrowed_text url) && { return std::move(proxy(url)); }
  /// Offers HTTP/2 in the TLS handshake. HTTP/1.1 is the default, because there a slow reader costs no memory (see
  /// `curl_transport`).
  Builder& http2(bool offer = true) & {
    http2_ = offer;
    return self();
  }
  Builder http2(bool offer = true) && { return std::move(http2(offer)); }
  /// Takes answers that end with their connection (no Content-Length, no chunks) for complete. Auditor sends none, and
  /// nobody can know whether such an answer was cut short.
  Builder& allow_unframed_bodies(bool allow = true) & {
    allow_unframed_ = allow;
    return self();
  }
  Builder allow_unframed_bodies(bool allow = true) && { return std::move(allow_unframed_bodies(allow)); }

  /// What `build()` builds from, checked; for builders of other transports on libcurl.
  /// **Errors**: `invalid_argument`; the text begins with the setting that is wrong.
  result<detail::curl_settings> settings() const {
    using detail::bad_setting;
    const auto server = url_ ? read_url_(*url_) : detail::endpoint_from_address(host_, port_);
    if (!server) return server.error();
    detail::curl_settings all;
    all.server = *server;
    if (!url_) all.server.tls = tls_.has_value();
    if (const error e = detail::check_with_curl(all.server.url())) return e;
    if (tls_ && !all.server.tls) return bad_setting("with_tls", "the connection_string says http; make it https");
    if (http2_ && !all.server.tls) return bad_setting("http2", "needs HTTPS: Auditor speaks HTTP/2 over TLS only");
    if (const error e = detail::check_connecting(connect_timeout_, max_connections_, user_agent_)) return e;
    if (unix_socket_) {
      constexpr std::size_t longest = 107;  // of sun_path
      if (unix_socket_->empty() || unix_socket_->size() > longest || detail::has_control_character(*unix_socket_))
        return bad_setting("unix_socket", "give a path of 1 to 107 bytes without control characters");
      if (proxy_) return bad_setting("proxy", "there is none on the way to a unix_socket; leave one of them out");
      all.unix_socket = *unix_socket_;
    }
    if (connect_to_) {
      const auto there = detail::endpoint_from_address(connect_to_->first, connect_to_->second, "connect_to");
      if (!there) return there.error();
      if (proxy_ || unix_socket_)
        return bad_setting("connect_to", "there is another way already, by proxy or unix_socket; leave one of them out");
      all.connect_to =
          "::" + detail::endpoint::in_brackets(there->host) + ':' + std::to_string(there->port);  // whatever it is for
    }
    if (proxy_) {
      if (!detail::is_proxy_url(*proxy_) || detail::has_control_character(*proxy_))
        return bad_setting("proxy", "give a URL, as in http://host:3128; leave it out for none");
      all.proxy = *proxy_;
    }
    if (tls_) {
      all.tls = *tls_;
      for (const std::string* text : {&all.tls.ca_file, &all.tls.ca_directory, &all.tls.crl_file,
                                      &all.tls.client_certificate, &all.tls.client_key, &all.tls.key_password})
        if (detail::has_control_character(*text)) return bad_setting("with_tls", "no control characters in its values");
    }
    all.user_agent = user_agent_;
    all.connect_timeout = connect_timeout_;
    all.max_connections = max_connections_;
    all.http2 = http2_;
    all.allow_unframed = allow_unframed_;
    if (tls_)
      if (const error e = check_tls_(all)) return e;
    return all;
  }

 private:
  Builder& self() noexcept { return static_cast<Builder&>(*this); }

  std::string host_ = "127.0.0.1";
  std::int64_t port_ = 8080;
  std::optional<std::string> url_;
  std::optional<tls_options> tls_;
  // Named where the setting is: a program without it has nothing of what it takes.
  result<detail::endpoint> (*read_url_)(std::string_view url) = nullptr;
  error (*check_tls_)(const detail::curl_settings& settings) = nullptr;
  std::optional<std::string> unix_socket_;
  std::optional<std::string> proxy_;
  std::optional<std::pair<std::string, std::int64_t>> connect_to_;
  std::string user_agent_ = detail::default_user_agent();
  ticks connect_timeout_ = detail::default_connect_timeout;
  std::size_t max_connections_ = detail::default_max_connections;
  bool http2_ = false;
  bool allow_unframed_ = false;
};

/// Makes a `curl_transport`, for a client whose executor or codec is not the default, or a transport around it. Most programs
/// want `client_builder`, which takes the same settings and makes the client.
///
/// ```cpp
/// auto wire = auditor::curl_builder().connection_string("https://host:8443/base").with_tls({.ca_file = ca}).build();
/// if (!wire) return fail(message(wire.error()));
/// auditor::client client{with_token{std::move(*wire), token}};
/// ```
class AUDITOR_EXPORT curl_builder : public basic_curl_builder<curl_builder> {
 public:
  /// **Errors**: `invalid_argument`, saying which setting is wrong and what to do. TLS files are read, and the key is tried
  /// against its certificate; nothing is connected yet.
  result<curl_transport> build() const;
};

}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_CURL_BODIES
#include <auditor/impl/transport/curl/builder.ipp>
#endif
