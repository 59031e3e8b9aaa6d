// Bodies of operation/read_summary.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/operation/read_summary.hpp>

#include <utility>

namespace auditor {
inline namespace AUDITOR_ABI {

AUDITOR_DECL record_list::record_list() noexcept = default;

AUDITOR_DECL record_list::record_list(record_list&&) noexcept = default;

AUDITOR_DECL record_list::~record_list() = default;

AUDITOR_DECL record_list& record_list::operator=(record_list&& other) noexcept {
  if (this == &other) return *this;
  records = std::move(other.records);
  summary = other.summary;
  return *this;
}

}  // namespace AUDITOR_ABI
}  // namespace auditor
