// What every transport over TCP and TLS is told, and the checks of it that need no library.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/text.hpp>
#include <auditor/http/call.hpp>
#include <auditor/transport/endpoint.hpp>

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {

/// Whom to trust and who we are, as paths of PEM files. The server's certificate and host name are always verified;
/// there is no switch against it. TLS 1.2 is the oldest version spoken.
///
/// ```cpp
/// auditor::tls_options tls{.ca_file = "/etc/auditor/ca.pem",
///                          .client_certificate = "/etc/auditor/client.pem", .client_key = "/etc/auditor/client.key"};
/// ```
/// The files are checked when the transport is built and read again for each new connection, so that renewed
/// certificates need no restart.
/// **Errors**: of a file that cannot be used, `invalid_argument` of the builder, naming the member. What is wrong between
/// us and a server is `tls_failed` of the first call. **Memory**: keys stay in their files; `key_password` is held as long
/// as the transport. libcurl honours the environment variable SSLKEYLOGFILE: who controls the environment can decrypt the
/// traffic.
struct AUDITOR_EXPORT tls_options {
  setting_text ca_file{};             ///< with this or `ca_directory`, the system's authorities are not trusted any more
  setting_text ca_directory{};        ///< hashed, as `openssl rehash` makes it
  setting_text crl_file{};            ///< revocation lists of each authority of the chain; without one nothing is revoked
  setting_text client_certificate{};  ///< ours, then its intermediates
  setting_text client_key{};          ///< empty: it is in the file of the certificate
  setting_text key_password{};        ///< empty: the key is not encrypted
};

namespace detail {

inline constexpr ticks default_connect_timeout{5'000};
inline constexpr std::size_t default_max_connections = 100;

inline error check_connecting(ticks connect_timeout, std::size_t max_connections, std::string_view user_agent) noexcept {
  if (connect_timeout <= ticks::zero()) return bad_setting("connect_timeout", "must be at least 1 ms");
  if (max_connections == 0) return bad_setting("max_connections", "must be at least 1; leave it out for 100");
  if (user_agent.empty() || has_control_character(user_agent))
    return bad_setting("user_agent", "must not be empty and hold no control characters");
  return {};
}

// All of them, for checks that are the same for each.
inline std::array<const std::string*, 6> texts_of(const tls_options& tls) noexcept {
  return {&tls.ca_file, &tls.ca_directory, &tls.crl_file, &tls.client_certificate, &tls.client_key, &tls.key_password};
}

inline error check_own_certificate(const tls_options& tls, std::string_view setting) noexcept {
  if (tls.client_certificate.empty() && !(tls.client_key.empty() && tls.key_password.empty()))
    return bad_setting(setting, "client_key and key_password need a client_certificate");
  return {};
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
