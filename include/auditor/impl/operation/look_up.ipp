// Bodies of operation/look_up.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/operation/look_up.hpp>

#include <cstddef>
#include <utility>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

AUDITOR_DECL look_up::~look_up() { release(); }

AUDITOR_DECL bool look_up::make(std::size_t max_record) {
  if (stored_ == nullptr) stored_ = functions_->make(memory_, max_record, contradictions_);
  return stored_ != nullptr;
}

AUDITOR_DECL bool look_up::look_for(const record_view& ours) {
  if (ours.record_id != id_) contradictions_ = 0;
  id_ = ours.record_id;
  return functions_->look_for(*stored_, ours);
}

AUDITOR_DECL void look_up::release() noexcept {
  if (stored_ != nullptr) functions_->destroy(std::exchange(stored_, nullptr), memory_);
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
