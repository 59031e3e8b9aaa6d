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

/// What was said to a builder, of whatever type; see `basic_curl_builder`.
struct curl_choices {
  curl_choices();
  curl_choices(const curl_choices&);
  curl_choices(curl_choices&&) noexcept;
  // Copies from a temporary, too: strings that are moved onto themselves are empty, and no setting is to vanish.
  curl_choices& operator=(const curl_choices&);
  ~curl_choices();

  /// What a session is built from, checked. **Errors**: `invalid_argument`.
  error read(curl_settings& all) const;
  /// The session itself. **Errors**: `invalid_argument`.
  result<curl_session_ptr> session() const;

  std::string host = "127.0.0.1";
  std::int64_t port = 8080;
  std::optional<std::string> url;
  std::optional<tls_options> tls;
  // Named where the setting is: a program without it has nothing of what it takes.
  result<endpoint> (*read_url)(std::string_view url, std::string_view setting) = nullptr;
  error (*check_tls)(const curl_settings& settings) = nullptr;
  std::optional<std::string> unix_socket;
  std::optional<std::string> proxy;
  std::optional<std::pair<std::string, std::int64_t>> connect_to;
  std::string user_agent;
  ticks connect_timeout = default_connect_timeout;
  std::size_t max_connections = default_max_connections;
  bool http2 = false;
  bool allow_unframed = false;
};

}  // namespace detail

/// The settings of a transport on libcurl, for a builder that derives from it as `class B : public basic_curl_builder<B>`.
/// Of two calls that say the same thing the last one counts. Nothing is checked before `build()`, and strings are copied:
/// a builder may be kept and used again. Calls on a temporary give a value, so that `auto b = builder().address(...)` does
/// not dangle.
template <class Builder>
class AUDITOR_EXPORT basic_curl_builder {
 public:
  /// Host name or IP address (IPv6 with or without brackets) and port. Over HTTPS if `with_tls` is called, else HTTP.
  /// Without this and `connection_string`: 127.0.0.1, port 8080.
  Builder& address(detail::borrowed_text host, std::int64_t port) & {
    chosen_.url.reset();
    chosen_.host = std::string_view(host);
    chosen_.port = port;
    return self();
  }
  Builder address(detail::borrowed_text host, std::int64_t port) && { return std::move(address(host, port)); }

  /// A URL: `http://host:8000`, `https://host:8443/base/path`. The base path is put before every request's.
  Builder& connection_string(detail::borrowed_text url) & {
    chosen_.url = std::string_view(url);
    chosen_.read_url = &detail::endpoint_from_url;
    return self();
  }
  Builder connection_string(detail::borrowed_text url) && { return std::move(connection_string(url)); }
  /// HTTPS with these authorities and this certificate of ours.
  Builder& with_tls(tls_options options) & {
    chosen_.tls = std::move(options);
    chosen_.check_tls = &detail::check_tls;
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
    chosen_.connect_to.emplace(std::string_view(host), port);
    return self();
  }
  Builder connect_to(detail::borrowed_text host, std::int64_t port) && { return std::move(connect_to(host, port)); }
  /// Connects to this path instead of the address, which then only names the host to the server.
  Builder& unix_socket(detail::borrowed_text path) & {
    chosen_.unix_socket = std::string_view(path);
    return self();
  }
  Builder unix_socket(detail::borrowed_text path) && { return std::move(unix_socket(path)); }
  /// The longest that name look-up, connection and TLS handshake may take together. Default: 5 s.
  Builder& connect_timeout(ticks longest) & {
    chosen_.connect_timeout = longest;
    return self();
  }
  Builder connect_timeout(ticks longest) && { return std::move(connect_timeout(longest)); }
  /// The most requests under way at once, and the most connections kept. Default: 100. With an asynchronous client those that
  /// come later wait their turn in the order in which they came; the waiting counts to the limits of the call, and a cancel
  /// ends it. A blocking client, whose thread cannot wait for itself, answers `busy`: each visitor that calls the client from
  /// within another's is one more. Under HTTP/2 requests share connections, and it is requests that count.
  Builder& max_connections(std::size_t most) & {
    chosen_.max_connections = most;
    return self();
  }
  Builder max_connections(std::size_t most) && { return std::move(max_connections(most)); }
  /// Default: `auditor-cpp/` and the version.
  Builder& user_agent(detail::borrowed_text name) & {
    chosen_.user_agent = std::string_view(name);
    return self();
  }
  Builder user_agent(detail::borrowed_text name) && { return std::move(user_agent(name)); }
  /// `http://host:port`, also `https://`, `socks4a://` and `socks5h://`. Without this none is used, whatever the
  /// environment says.
  Builder& proxy(detail::borrowed_text url) & {
    chosen_.proxy = std::string_view(url);
    return self();
  }
  Builder proxy(detail::borrowed_text url) && { return std::move(proxy(url)); }
  /// Offers HTTP/2 in the TLS handshake. HTTP/1.1 is the default, because there a slow reader costs no memory (see
  /// `curl_transport`).
  Builder& http2(bool offer = true) & {
    chosen_.http2 = offer;
    return self();
  }
  Builder http2(bool offer = true) && { return std::move(http2(offer)); }
  /// Takes answers that end with their connection (no Content-Length, no chunks) for complete. Auditor sends none, and
  /// nobody can know whether such an answer was cut short.
  Builder& allow_unframed_bodies(bool allow = true) & {
    chosen_.allow_unframed = allow;
    return self();
  }
  Builder allow_unframed_bodies(bool allow = true) && { return std::move(allow_unframed_bodies(allow)); }

  /// What `build()` builds from, checked; for builders of other transports on libcurl.
  /// **Errors**: `invalid_argument`; the text begins with the setting that is wrong.
  result<detail::curl_settings> settings() const {
    detail::curl_settings all;
    if (const error e = chosen_.read(all)) return e;
    return all;
  }

 protected:
  /// What was said so far.
  const detail::curl_choices& chosen() const noexcept { return chosen_; }

 private:
  Builder& self() noexcept { return static_cast<Builder&>(*this); }

  detail::curl_choices chosen_;
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
