// What a failed transfer means: whether anything was sent, who refused whom, and curl's own words.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/error.hpp>
#include <auditor/transport/curl/bodies.hpp>
#include <auditor/transport/tls_words.hpp>

#include <curl/curl.h>

#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

// What is known of a transfer when it fails.
struct curl_evidence {
  bool sent = false;      // a connection was ready and the request may have been written to it
  bool fresh = false;     // that connection was made for this request
  bool answered = false;  // a byte of an answer came back
  bool tls = false;
  bool own_certificate = false;
  bool no_descriptors = false;  // the process, or the system, has none left
  std::string_view unix_socket = {};
  int system_error = 0;
  std::string_view words;
};

error curl_failure(CURLcode code, const curl_evidence& seen) noexcept;

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_CURL_BODIES
#include <auditor/impl/transport/curl/failure.ipp>
#endif
