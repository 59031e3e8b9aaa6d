// Bodies of json/raw_buffer.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/json/raw_buffer.hpp>

#include <cstddef>
#include <utility>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

AUDITOR_DECL raw_buffer::raw_buffer(std::size_t size) : bytes_(new char[size]), size_(size) {}

AUDITOR_DECL raw_buffer::raw_buffer(raw_buffer&& other) noexcept
    : bytes_(std::exchange(other.bytes_, nullptr)), size_(std::exchange(other.size_, 0)) {}

AUDITOR_DECL raw_buffer& raw_buffer::operator=(raw_buffer&& other) noexcept {
  if (this == &other) return *this;
  delete[] bytes_;
  bytes_ = std::exchange(other.bytes_, nullptr);
  size_ = std::exchange(other.size_, 0);
  return *this;
}

AUDITOR_DECL raw_buffer::~raw_buffer() { delete[] bytes_; }

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
