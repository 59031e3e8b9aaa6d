// What a transport on Beast is told: where Auditor is, and how to reach it.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/transport/settings.hpp>

#include <cstddef>

namespace auditor {
inline namespace AUDITOR_ABI {

/// Where Auditor is and how to reach it over Beast. `beast_transport::create` checks it.
struct AUDITOR_EXPORT beast_options {
  setting_text url;   ///< `http://host:8000`, `https://host:8443/base/path`
  tls_options tls{};  ///< for https; without files: the system's authorities, no certificate of ours
  ticks connect_timeout = detail::default_connect_timeout;  ///< for name look-up, connection and TLS handshake together
  setting_text user_agent = "auditor-cpp";                  ///< what the server is told that we are
  setting_text connect_to{};  ///< `host:port` to connect to instead, as of a tunnel; the server is still the one of `url`
  std::size_t max_connections =
      detail::default_max_connections;  ///< at once; calls that come later wait their turn, within their own limits
};

}  // namespace AUDITOR_ABI
}  // namespace auditor
