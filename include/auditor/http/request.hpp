// What goes out and what comes back first: a request by reference, and the head of its answer.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/config.hpp>

#include <cstdint>
#include <span>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {

/// The methods that Auditor knows.
enum class verb : std::uint8_t { get, post, put };

/// As it stands in a request line: `GET`.
constexpr std::string_view to_string(verb method) noexcept {
  using namespace std::string_view_literals;
  switch (method) {
    case verb::get: return "GET"sv;
    case verb::post: return "POST"sv;
    case verb::put: return "PUT"sv;
  }
  return "?"sv;
}

/// A field of a request's head. **Lifetime**: as the request's.
struct AUDITOR_EXPORT header {
  std::string_view name;   ///< a token: no spaces, no colon
  std::string_view value;  ///< no control characters; not encoded in any way
};

/// One request, borrowed. **Memory**: none of its own. **Lifetime**: everything it refers to stays until the call that got
/// it returns (blocking) or its answer's head is there (async).
struct AUDITOR_EXPORT request_view {
  verb method = verb::get;  ///< GET, POST or PUT
  std::string_view target;  ///< path and query, percent-encoded, beginning with '/'; the base path is the transport's
  std::span<const header> headers{};  ///< without Host and Content-Length: those are the transport's
  std::string_view body{};            ///< sent with Content-Length, never chunked; empty for GET
};

/// The part of an answer's head that decides something.
struct AUDITOR_EXPORT response_head {
  int status = 0;                 ///< 100 to 599 as it came, redirects and 500s included
  std::int32_t retry_after = -1;  ///< **Units**: seconds; -1: none, or one that made no sense
};

}  // namespace AUDITOR_ABI
}  // namespace auditor
