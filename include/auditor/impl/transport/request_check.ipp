// Bodies of transport/request_check.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/transport/request_check.hpp>

#include <algorithm>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

inline error check_header(const header& field) noexcept {
  if (!is_token(field.name)) return error(errc::invalid_argument, "not a name of a header: ").more(field.name);
  if (has_control_character(field.value))
    return error(errc::invalid_argument, "control characters in the value of the header ").more(field.name);
  // They say where a request ends and whose it is: a second one of them would be read by one of two servers in a row.
  for (const std::string_view own : {"host", "content-length", "transfer-encoding", "expect", "connection"})
    if (same_word(field.name, own)) return error(errc::invalid_argument, "the transport itself sets the header ").more(own);
  return {};
}

inline error check_request(const request_view& request) noexcept {
  const auto plain = [](char c) { return c > 0x20 && c < 0x7F && c != '#'; };
  if (!request.target.starts_with('/') || !std::all_of(request.target.begin(), request.target.end(), plain))
    return error(errc::invalid_argument, "the request target must begin with '/' and be percent-encoded");
  if (request.method == verb::get && !request.body.empty())
    return error(errc::invalid_argument, "a GET request has no body");
  for (const header& field : request.headers)
    if (const error e = check_header(field)) return e;
  return {};
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
