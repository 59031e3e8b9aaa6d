// Bodies of json/raw_buffer.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/json/raw_buffer.hpp>

#include <cstddef>
#include <utility>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

AUDITOR_DECL raw_buffer::raw_buffer(raw_buffer&& other) noexcept
    : memory_(other.memory_), bytes_(std::exchange(other.bytes_, nullptr)), size_(std::exchange(other.size_, 0)) {}

AUDITOR_DECL raw_buffer& raw_buffer::operator=(raw_buffer&& other) noexcept {
  if (this == &other) return *this;
  give_back();
  memory_ = other.memory_;
  bytes_ = std::exchange(other.bytes_, nullptr);
  size_ = std::exchange(other.size_, 0);
  return *this;
}

AUDITOR_DECL void raw_buffer::grow(std::size_t used, std::size_t wanted) {
  bytes_ = memory_->grow(bytes_, size_, used, wanted);
  size_ = wanted;
}

AUDITOR_DECL void raw_buffer::take_all() {
  if (memory_ == nullptr || bytes_ != nullptr) return;
  const std::size_t all = memory_->left();
  bytes_ = memory_->take(all);
  size_ = all;
}

AUDITOR_DECL void raw_buffer::give_back() noexcept {
  if (memory_ == nullptr || bytes_ == nullptr) return;
  memory_->give_back(std::exchange(bytes_, nullptr), std::exchange(size_, 0));
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
