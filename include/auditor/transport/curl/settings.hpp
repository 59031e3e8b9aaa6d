// What a transport on libcurl is built from. The builder checks these; nothing here knows libcurl.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/transport/settings.hpp>

#include <cstddef>
#include <string>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

struct curl_settings {
  endpoint server;
  tls_options tls;
  std::string unix_socket;
  std::string proxy;
  std::string connect_to;  // as libcurl writes it; empty: where the server's name leads
  std::string user_agent;
  ticks connect_timeout = default_connect_timeout;
  std::size_t max_connections = default_max_connections;
  bool http2 = false;
  bool allow_unframed = false;
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
