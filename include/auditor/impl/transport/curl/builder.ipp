// Bodies of transport/curl/builder.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/transport/curl/builder.hpp>

#include <string>
#include <utility>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

AUDITOR_DECL std::string default_user_agent() {
  return "auditor-cpp/" + std::to_string(AUDITOR_VERSION_MAJOR) + "." + std::to_string(AUDITOR_VERSION_MINOR) + "." +
         std::to_string(AUDITOR_VERSION_PATCH);
}

AUDITOR_DECL error check_with_curl(const std::string& url) noexcept {
  CURLU* parsed = curl_url();
  if (parsed == nullptr) return error(errc::invalid_argument, "out of memory");
  const CURLUcode code = curl_url_set(parsed, CURLUPART_URL, url.c_str(), CURLU_PATH_AS_IS);
  curl_url_cleanup(parsed);
  if (code == CURLUE_OK) return {};
  return bad_setting("address", "libcurl cannot read it: ").more(curl_url_strerror(code));
}

}  // namespace detail

AUDITOR_DECL result<curl_transport> curl_builder::build() const {
  auto checked = settings();
  if (!checked) return checked.error();
  auto session = detail::curl_session::create(*std::move(checked));
  if (!session) return session.error();
  return curl_transport(*std::move(session));
}

}  // namespace AUDITOR_ABI
}  // namespace auditor
