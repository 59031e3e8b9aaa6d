// What the words of OpenSSL and GnuTLS mean: who refused whom, and whether the request can have arrived.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/transport/text.hpp>

#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

// An alert that the server sent about our certificate, or about having none. TLS 1.3 tells it only after the request was
// sent; the server had not finished its handshake then, and has not looked at the request.
constexpr bool says_certificate_refused(std::string_view words) noexcept {
  if (mentions(words, "alert"))  // OpenSSL's
    return mentions(words, "certificate") || mentions(words, "unknown ca") || mentions(words, "access denied");
  if (!mentions(words, "gnutls_handshake() failed: ")) return false;
  for (const std::string_view name :
       {"Certificate is bad", "Certificate is not supported", "Certificate was revoked", "Certificate is expired",
        "Unknown certificate", "Certificate is required", "CA is unknown", "Access was denied"})
    if (mentions(words, name)) return true;
  return false;
}

// After a TLS 1.3 handshake libcurl does not tell which alert GnuTLS got. A fatal one in an answer's stead means that the
// server's TLS library did not take the handshake, or not all of the request.
constexpr bool says_fatal_alert(std::string_view words) noexcept {
  return mentions(words, "A TLS fatal alert has been received");
}

// Of a new connection on which nothing that is HTTP came, and which is not TLS: a TLS server closes it, or sends an alert.
inline constexpr std::string_view perhaps_https = "; does this port want https?";
constexpr bool begins_tls_record(std::string_view bytes) noexcept { return bytes.starts_with("\x15\x03"); }

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
