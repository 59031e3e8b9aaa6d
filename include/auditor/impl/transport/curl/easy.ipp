// Bodies of transport/curl/easy.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/transport/curl/easy.hpp>

#include <algorithm>
#include <limits>
#include <string>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

AUDITOR_DECL void curl_easy_release::operator()(CURL* easy) const noexcept { curl_easy_cleanup(easy); }

AUDITOR_DECL void curl_url_release::operator()(CURLU* url) const noexcept { curl_url_cleanup(url); }

AUDITOR_DECL void curl_list_release::operator()(curl_slist* list) const noexcept { curl_slist_free_all(list); }

AUDITOR_DECL curl_options& curl_options::set(CURLoption option, const std::string& value) noexcept {
  return set(option, value.c_str());
}

AUDITOR_DECL curl_options& curl_options::set_or_null(CURLoption option, const std::string& value) noexcept {
  return set(option, value.empty() ? static_cast<const char*>(nullptr) : value.c_str());
}

AUDITOR_DECL bool uses_gnutls() noexcept {
  const char* const library = curl_version_info(CURLVERSION_NOW)->ssl_version;
  return library != nullptr && std::string_view(library).starts_with("GnuTLS");
}

AUDITOR_DECL CURLcode configure(CURL* easy, const curl_settings& settings) noexcept {
  constexpr auto most = ticks{(std::numeric_limits<std::int32_t>::max)()};
  curl_options options(easy);
  options.set(CURLOPT_NOSIGNAL, 1L)
      .set(CURLOPT_PROTOCOLS_STR, "http,https")
      .set(CURLOPT_FOLLOWLOCATION, 0L)
      .set(CURLOPT_HTTP09_ALLOWED, 0L)
      .set(CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED))
      .set(CURLOPT_PROXY, settings.proxy)  // "": none, whatever the environment says
      .set(CURLOPT_NOPROXY, "")
      .set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L)
      .set(CURLOPT_USERAGENT, settings.user_agent)
      .set(CURLOPT_HTTP_VERSION, static_cast<long>(settings.http2 ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1))
      .set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>((std::min)(settings.connect_timeout, most).count()))
      .set(CURLOPT_TCP_NODELAY, 1L)
      .set(CURLOPT_TCP_KEEPALIVE, 1L)
      .set(CURLOPT_MAXAGE_CONN, 2L)         // more than that, in whole seconds: at 3 s; the server closes at 5
      .set(CURLOPT_MAXLIFETIME_CONN, 600L)  // so that renewed certificates come into use
      .set(CURLOPT_DNS_CACHE_TIMEOUT, 0L)   // a server that moved is found by the next connection
      .set(CURLOPT_QUICK_EXIT, 1L)          // a look-up that nobody waits for any more is left to its thread
      .set(CURLOPT_BUFFERSIZE, 100L * 1024)
      .set(CURLOPT_UPLOAD_BUFFERSIZE, 1024L * 1024);  // a whole bulk: one system call, and one copy
  if (!settings.unix_socket.empty()) options.set(CURLOPT_UNIX_SOCKET_PATH, settings.unix_socket);
  if (!settings.server.tls) return options.code();

  const tls_options& tls = settings.tls;
  options.set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2))
      .set(CURLOPT_SSL_VERIFYPEER, 1L)
      .set(CURLOPT_SSL_VERIFYHOST, 2L);
  if (!tls.ca_file.empty() || !tls.ca_directory.empty()) {
    // libcurl is built with the system's paths; null takes them out.
    options.set_or_null(CURLOPT_CAINFO, tls.ca_file).set_or_null(CURLOPT_CAPATH, tls.ca_directory);
  }
  if (!tls.crl_file.empty()) options.set(CURLOPT_CRLFILE, tls.crl_file);
  if (!tls.client_certificate.empty()) {
    options.set(CURLOPT_SSLCERT, tls.client_certificate)
        .set(CURLOPT_SSLKEY, tls.client_key.empty() ? tls.client_certificate : tls.client_key);
    // Without a password OpenSSL asks the terminal for that of an encrypted key; with one GnuTLS takes no other key.
    if (!tls.key_password.empty() || !uses_gnutls()) options.set(CURLOPT_KEYPASSWD, tls.key_password);
  }
  return options.code();
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
