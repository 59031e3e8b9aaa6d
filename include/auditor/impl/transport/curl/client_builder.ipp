// Bodies of transport/curl/client_builder.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/transport/curl/client_builder.hpp>

#include <algorithm>
#include <utility>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

AUDITOR_DECL error call_choices::read(options& calls) const {
  calls = all;
  if (timeout) {
    if (*timeout <= ticks::zero()) return bad_setting("timeout", "must be at least 1 ms");
    calls.attempt = calls.read_idle = *timeout;
    calls.request = (std::max)(calls.request, *timeout);
  }
  if (call_timeout) calls.call_timeout = call_timeout;
  return check(calls);
}

}  // namespace detail

AUDITOR_DECL result<curl_client> client_builder::build() const {
  return build_with([](detail::curl_session_ptr session, const options& calls) {
    return curl_client(curl_transport(std::move(session)), calls);
  });
}

}  // namespace AUDITOR_ABI
}  // namespace auditor
