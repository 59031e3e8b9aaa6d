// Bodies of operation/look_up.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/operation/look_up.hpp>

#include <cstddef>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

AUDITOR_DECL look_up::~look_up() {
  if (stored_ != nullptr) functions_->destroy(stored_, memory_);
}

AUDITOR_DECL bool look_up::make(std::size_t max_record) {
  if (stored_ == nullptr) stored_ = functions_->make(memory_, max_record);
  return stored_ != nullptr;
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
