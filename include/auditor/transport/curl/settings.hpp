// What a transport on libcurl is built from. The builder checks these; nothing here knows libcurl.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/http/call.hpp>
#include <auditor/transport/curl/endpoint.hpp>

#include <cstddef>
#include <string>

namespace auditor {
inline namespace AUDITOR_ABI {

/// Whom to trust and who we are, as paths of PEM files. The server's certificate and host name are always verified;
/// there is no switch against it. TLS 1.2 is the oldest version spoken.
///
/// The files are checked when the transport is built and read again for each new connection, so that renewed
/// certificates need no restart. libcurl honours the environment variable SSLKEYLOGFILE: who controls the environment
/// can decrypt the traffic.
struct AUDITOR_EXPORT tls_options {
  std::string ca_file{};             ///< with this or `ca_directory`, the system's authorities are not trusted any more
  std::string ca_directory{};        ///< hashed, as `openssl rehash` makes it
  std::string crl_file{};            ///< revocation lists of each authority of the chain; without one nothing is revoked
  std::string client_certificate{};  ///< ours, then its intermediates
  std::string client_key{};          ///< empty: it is in the file of the certificate
  std::string key_password{};        ///< empty: the key is not encrypted
};

namespace detail {

struct curl_settings {
  endpoint server;
  tls_options tls;
  std::string unix_socket;
  std::string proxy;
  std::string connect_to;  // as libcurl writes it; empty: where the server's name leads
  std::string user_agent;
  ticks connect_timeout{5'000};
  std::size_t max_connections = 100;
  bool http2 = false;
  bool allow_unframed = false;
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
