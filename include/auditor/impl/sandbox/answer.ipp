// Bodies of sandbox/answer.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/sandbox/answer.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace auditor {
inline namespace AUDITOR_ABI {

AUDITOR_DECL sandbox_body::sandbox_body(std::vector<detail::sandboxed::row_ref> rows, std::uint64_t shuffle)
    : rows_(std::move(rows)), shuffle_(shuffle) {}

AUDITOR_DECL std::optional<std::string> sandbox_body::next() {
  if (!text_.empty()) return std::exchange(text_, {});
  if (given_ == rows_.size()) return std::nullopt;
  std::string piece = detail::sandboxed::print_row(*rows_[given_], shuffle_ + given_);
  rows_[given_++].reset();
  if (rows_.size() - given_ <= sent_ahead) connection_.reset();
  return piece;
}

AUDITOR_DECL std::string sandbox_body::text() {
  std::string all;
  while (auto piece = next()) all += *piece;
  return all;
}

AUDITOR_DECL void sandbox_body::shorten(std::size_t records, bool lost) {
  if (records < rows_.size()) rows_.resize(records);
  cut_ = true;
  lost_ = lost;
}

AUDITOR_DECL void sandbox_body::keep(std::shared_ptr<void> connection) {
  if (rows_.size() > sent_ahead) connection_ = std::move(connection);
}

AUDITOR_DECL std::string_view sandbox_response::header(std::string_view name) const noexcept {
  for (const auto& [known, value] : headers)
    if (known == name) return value;
  return {};
}

}  // namespace AUDITOR_ABI
}  // namespace auditor
