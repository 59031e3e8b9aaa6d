// Bodies of transport/curl/client_builder.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/transport/curl/client_builder.hpp>

#include <utility>

namespace auditor {
inline namespace AUDITOR_ABI {

AUDITOR_DECL result<curl_client> client_builder::build() const {
  return build_with([](detail::curl_session_ptr session, const options& calls) {
    return curl_client(curl_transport(std::move(session)), calls);
  });
}

}  // namespace AUDITOR_ABI
}  // namespace auditor
