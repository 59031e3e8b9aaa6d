// Bodies of testing/exchanged.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/testing/exchanged.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace testing::detail {

AUDITOR_DECL std::string named(const error& e) {
  return std::string(to_string(e.code))
      .append(e.words().empty() ? "" : " (")
      .append(e.words())
      .append(e.words().empty() ? "" : ")");
}

AUDITOR_DECL std::string exchanged::told() const {
  if (!misuse.empty()) return misuse;
  if (!opened) return "open: " + named(failed);
  return "status " + std::to_string(head.status) + ", " + std::to_string(body.size()) + " bytes, " +
         (complete() ? std::string("complete") : "read: " + named(failed));
}

AUDITOR_DECL request_view get(std::string_view target) {
  return {.method = verb::get, .target = target, .headers = {}, .body = {}};
}

AUDITOR_DECL request_view post(std::string_view target, std::string_view body) {
  return {.method = verb::post, .target = target, .headers = json_type, .body = body};
}

AUDITOR_DECL std::string numbered(std::size_t bytes) {
  std::string text;
  for (std::size_t i = 0; text.size() < bytes; ++i) text.append(std::to_string(i)).append(" ");
  text.resize(bytes);
  return text;
}

AUDITOR_DECL std::string_view target_of(std::string_view request) {
  const std::size_t from = request.find(' ') + 1;
  return request.substr(from, request.find(' ', from) - from);
}

}  // namespace testing::detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
