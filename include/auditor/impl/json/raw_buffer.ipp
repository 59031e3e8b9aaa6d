// Bodies of json/raw_buffer.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/json/raw_buffer.hpp>

#include <cstddef>
#include <memory>
#include <utility>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

AUDITOR_DECL raw_buffer::raw_buffer(std::size_t size) : bytes_(std::make_unique_for_overwrite<char[]>(size)), size_(size) {}

AUDITOR_DECL raw_buffer::raw_buffer(raw_buffer&& other) noexcept
    : bytes_(std::move(other.bytes_)), size_(std::exchange(other.size_, 0)) {}

AUDITOR_DECL raw_buffer& raw_buffer::operator=(raw_buffer&& other) noexcept {
  bytes_ = std::move(other.bytes_);
  size_ = bytes_ ? std::exchange(other.size_, 0) : 0;
  return *this;
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
