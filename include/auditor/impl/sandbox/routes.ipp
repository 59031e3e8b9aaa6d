// Bodies of sandbox/routes.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/sandbox/routes.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail::sandboxed {

AUDITOR_DECL sandbox_response reply(int status, std::string body, std::string_view content_type) {
  sandbox_response r;
  r.status = status;
  r.body = sandbox_body(std::move(body));
  if (!content_type.empty()) r.headers.emplace_back(content_type_name, content_type);
  return r;
}

AUDITOR_DECL sandbox_response reply_error(int status, std::string_view words) {
  std::string body = "{\"error\":";
  write_string(body, words);
  return reply(status, body + "}", json);
}

AUDITOR_DECL sandbox_response not_found() { return reply(404, "The requested resource was not found. 404 Not Found"); }

AUDITOR_DECL sandbox_response not_allowed(std::string_view methods) {
  sandbox_response r = reply(405);
  r.headers.emplace_back("Allow", methods);
  return r;
}

AUDITOR_DECL sandbox_response undelivered(sandbox_response::fate how) {
  sandbox_response r = reply(0);
  r.what_happens = how;
  return r;
}

AUDITOR_DECL route to_route(std::string_view method, std::string_view path) noexcept {
  if (path == "/health_check" && method == "GET") return route::health_check;
  if (path == "/record" && method == "POST") return route::post_record;
  if (path == "/record" && method == "PUT") return route::put_record;
  if (path == "/records" && method == "POST") return route::post_records;
  if (path == "/records" && method == "GET") return route::get_records;
  return route::none;
}

}  // namespace detail::sandboxed
}  // namespace AUDITOR_ABI
}  // namespace auditor
