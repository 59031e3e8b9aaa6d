// What an answer means: route, status and text to a code, an outcome, and whether asking again may help.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/error.hpp>

#include <cstddef>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

struct judgement {
  errc code{};
  auditor::outcome outcome{};
  bool repeat = false;  // the same request may have another answer later
};

/// The text of an answer: its beginning, its end, and how long it was.
struct answer_text {
  std::string_view head;
  std::string_view tail;
  std::size_t size = 0;

  /// Whether it is this; the '*' of a pattern stands for whatever there is.
  bool is(const char* pattern) const noexcept;
};

constexpr bool is_write(route request) noexcept {
  return request == route::post_record || request == route::post_records || request == route::put_record;
}

/// What a status says whoever sent it; the rest depends on the route. A proxy that answers in Auditor's place may come to
/// its senses, and ids make a repeat safe.
judgement classify(route request, int status, const answer_text& text) noexcept;

/// What a failure of the transport means: certainly nothing was sent, or something may have been.
judgement classify_failure(route request, errc code) noexcept;

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_BODIES
#include <auditor/impl/exchange/classify.ipp>
#endif
