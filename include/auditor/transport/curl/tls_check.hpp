// Whether TLS files can be used, asked of libcurl itself: no server is needed, and no TLS library's headers.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/transport/curl/bodies.hpp>
#include <auditor/transport/curl/session.hpp>

#include <curl/curl.h>

#if !defined(_WIN32)
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#endif

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

#if !defined(_WIN32)
#endif

error check_tls(const curl_settings& settings);

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_CURL_BODIES
#include <auditor/impl/transport/curl/tls_check.ipp>
#endif
