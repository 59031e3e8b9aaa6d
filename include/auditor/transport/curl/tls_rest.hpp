// Whether the TLS library still holds bytes of a connection that libcurl has not read: asked of OpenSSL, without its headers.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/config.hpp>
#include <auditor/transport/curl/bodies.hpp>

#include <curl/curl.h>

#ifndef _WIN32
#include <dlfcn.h>
#endif

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

// False also when nobody can tell. For callbacks of a running transfer.
bool tls_is_read_to_its_end(CURL* easy) noexcept;

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_CURL_BODIES
#include <auditor/impl/transport/curl/tls_rest.ipp>
#endif
