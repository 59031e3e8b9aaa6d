// Bodies of transport/curl/tls_rest.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/transport/curl/tls_rest.hpp>

#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

using tls_pending = int(const void* connection);

// OpenSSL's SSL_pending, of the very library that libcurl uses; null: it uses another one, or nobody can tell.
inline tls_pending* find_tls_pending() noexcept {
#ifndef _WIN32
  const char* const used = curl_version_info(CURLVERSION_NOW)->ssl_version;  // "OpenSSL/3.0.19"
  const auto says = reinterpret_cast<const char* (*)(int)>(dlsym(RTLD_DEFAULT, "OpenSSL_version"));
  if (used == nullptr || says == nullptr) return nullptr;
  const std::string_view mine(used), found(says(0));  // "OpenSSL 3.0.19 27 Jan 2026"
  const std::size_t name = mine.find('/');
  if (name == std::string_view::npos || found.size() <= mine.size() || found[name] != ' ' || found[mine.size()] != ' ' ||
      found.substr(0, name) != mine.substr(0, name) ||
      found.substr(name + 1, mine.size() - name - 1) != mine.substr(name + 1))
    return nullptr;
  return reinterpret_cast<tls_pending*>(dlsym(RTLD_DEFAULT, "SSL_pending"));
#else
  return nullptr;
#endif
}

AUDITOR_DECL bool tls_is_read_to_its_end(CURL* easy) noexcept {
  static tls_pending* const pending = find_tls_pending();
  const curl_tlssessioninfo* tls = nullptr;
  if (pending == nullptr || curl_easy_getinfo(easy, CURLINFO_TLS_SSL_PTR, &tls) != CURLE_OK || tls == nullptr) return false;
  return tls->backend == CURLSSLBACKEND_OPENSSL && tls->internals != nullptr && pending(tls->internals) == 0;
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
