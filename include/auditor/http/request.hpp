// What goes out and what comes back first: a request by reference, and the head of its answer.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/config.hpp>

#include <cstdint>
#include <span>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {

enum class verb : std::uint8_t { get, post, put };

constexpr std::string_view to_string(verb method) noexcept {
  switch (method) {
    case verb::get: return "GET";
    case verb::post: return "POST";
    case verb::put: return "PUT";
  }
  return "?";
}

struct AUDITOR_EXPORT header {
  std::string_view name;
  std::string_view value;
};

/// One request. **Lifetime**: everything it refers to stays until the call that got it returns (blocking) or its
/// answer's head is there (async).
struct AUDITOR_EXPORT request_view {
  verb method = verb::get;
  std::string_view target;  ///< path and query, percent-encoded, beginning with '/'; the base path is the transport's
  std::span<const header> headers{};  ///< without Host and Content-Length: those are the transport's
  std::string_view body{};            ///< sent with Content-Length, never chunked; empty for GET
};

/// The part of an answer's head that decides something.
struct AUDITOR_EXPORT response_head {
  int status = 0;
  std::int32_t retry_after = -1;  ///< **Units**: seconds; -1: none, or one that made no sense
};

}  // namespace AUDITOR_ABI
}  // namespace auditor
