// The server's routes, and what its HTTP library says before any of them is asked. Sandbox alone.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/sandbox/answer.hpp>
#include <auditor/sandbox/bodies.hpp>

#include <string>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail::sandboxed {

inline constexpr std::string_view content_type_name = "Content-Type";
inline constexpr std::string_view json = "application/json";
inline constexpr std::string_view plain_text = "text/plain; charset=utf-8";

sandbox_response reply(int status, std::string body = {}, std::string_view content_type = {});
sandbox_response reply_error(int status, std::string_view words);
sandbox_response not_found();
sandbox_response not_allowed(std::string_view methods);
sandbox_response undelivered(sandbox_response::fate how);

route to_route(std::string_view method, std::string_view path) noexcept;

}  // namespace detail::sandboxed
}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_SANDBOX_BODIES
#include <auditor/impl/sandbox/routes.ipp>
#endif
