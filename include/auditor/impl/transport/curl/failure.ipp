// Bodies of transport/curl/failure.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/transport/curl/failure.hpp>

#include <cstdint>
#include <string_view>
#include <system_error>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

constexpr bool is_tls_failure(CURLcode code) noexcept {
  switch (code) {
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_ENGINE_NOTFOUND:
    case CURLE_SSL_ENGINE_SETFAILED:
    case CURLE_SSL_ENGINE_INITFAILED:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CRL_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
    case CURLE_SSL_CLIENTCERT:
    case CURLE_PEER_FAILED_VERIFICATION: return true;
    default: return false;
  }
}

// libcurl's words when a connection is gone as soon as it is made, before anything is sent through it.
constexpr bool says_closed_at_once(std::string_view words) noexcept { return mentions(words, "getpeername() failed"); }

constexpr std::string_view who_refused(CURLcode code, std::string_view words) noexcept {
  if (says_certificate_refused(words)) return "the server refused our certificate: ";
  if (says_fatal_alert(words)) return "the server refused our certificate, or that we have none: ";
  // libcurl's for the alert that ours has expired: it takes that for its own verdict, of which OpenSSL knows nothing.
  if (words == "SSL certificate verification failed") return "the server refused our certificate, which has expired: ";
  if (mentions(words, "alert") || mentions(words, "gnutls_handshake() failed: Handshake failed"))
    return "the server refused the handshake: ";
  if (says_closed_at_once(words)) return "the server closed after the handshake; does it want another client certificate? ";
  if (mentions(words, "server certificate verification failed. CAfile"))  // all that GnuTLS's tell
    return "we refused the server's certificate (of another authority, expired or revoked): ";
  if (code == CURLE_PEER_FAILED_VERIFICATION) return "we refused the server's certificate: ";
  if (code == CURLE_SSL_CERTPROBLEM || mentions(words, "error reading X.509"))
    return "our certificate or key cannot be used: ";
  if (code == CURLE_SSL_CACERT_BADFILE) return "the CA file or directory cannot be used: ";
  if (code == CURLE_SSL_CRL_BADFILE) return "the crl_file cannot be used: ";
  if (mentions(words, "unsupported protocol") || mentions(words, "Error in protocol version"))
    return "the server speaks no TLS version from 1.2 on: ";
  if (mentions(words, "wrong version number") || mentions(words, "packet length too long") ||
      mentions(words, "An unexpected TLS packet was received"))
    return "the server speaks no TLS on this port: ";
  return "";
}

AUDITOR_DECL error curl_failure(CURLcode code, const curl_evidence& seen) noexcept {
  error e;
  e.native = static_cast<std::int32_t>(code);
  const bool turned_away = seen.sent && seen.fresh && !seen.answered &&
                           (says_certificate_refused(seen.words) || says_fatal_alert(seen.words) ||
                            (seen.tls && says_closed_at_once(seen.words)));
  if (!seen.sent && seen.no_descriptors) {
    e.code = errc::connect_failed;
    e.say(no_descriptors).more(": ");
    return seen.unix_socket.empty() ? e.more(seen.words) : e.more("unix socket ").more(seen.unix_socket);
  }
  if (turned_away || (!seen.sent && is_tls_failure(code))) {
    e.code = errc::tls_failed;
    return e.say(who_refused(code, seen.words)).more(seen.words);
  }
  if (!seen.sent) {
    e.code = errc::connect_failed;
    if (!seen.unix_socket.empty() && seen.system_error != 0)  // libcurl names the address, to which nobody went
      return e.say("unix socket ")
          .more(seen.unix_socket)
          .more(": ")
          .more(std::generic_category().message(seen.system_error));
    return e.say(code == CURLE_OPERATION_TIMEDOUT ? "timed out: " : "").more(seen.words);
  }
  e.code = errc::connection_lost;
  e.outcome = outcome::unknown;
  e.say(seen.words);
  if (seen.tls && seen.fresh && !seen.answered)
    e.more(seen.own_certificate ? "; does the server want another client certificate?"
                                : "; does the server demand a client certificate?");
  // The second is what libcurl says of bytes that are no HTTP, such as an alert.
  if (!seen.tls && seen.fresh && !seen.answered && (code == CURLE_GOT_NOTHING || code == CURLE_UNSUPPORTED_PROTOCOL))
    e.more(perhaps_https);
  return e;
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
