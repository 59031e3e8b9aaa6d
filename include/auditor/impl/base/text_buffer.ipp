// Bodies of base/text_buffer.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/text_buffer.hpp>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string_view>
#include <utility>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

AUDITOR_DECL text_buffer::text_buffer(text_buffer&& other) noexcept
    : memory_(other.memory_),
      data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)),
      room_(std::exchange(other.room_, 0)) {}

AUDITOR_DECL text_buffer& text_buffer::operator=(text_buffer&& other) noexcept {
  std::swap(memory_, other.memory_);
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  std::swap(room_, other.room_);
  return *this;
}

AUDITOR_DECL text_buffer::~text_buffer() {
  if (data_ != nullptr) memory_->give_back(data_, room_);
}

AUDITOR_DECL void text_buffer::append(std::string_view text) {
  if (char* const to = prepare(text.size()); to != nullptr && !text.empty()) std::memcpy(to, text.data(), text.size());
  size_ += text.size();
}

AUDITOR_DECL void text_buffer::reserve(std::size_t size) {
  if (size <= room_) return;
  char* const grown = memory_->grow(data_, room_, size_, size);
  if (grown == nullptr) return;
  data_ = grown;
  room_ = size;
}

AUDITOR_DECL char* text_buffer::prepare(std::size_t most) {
  if (!is_whole()) return nullptr;
  if (most > room_ - size_) {
    constexpr std::size_t least = 32;
    const std::size_t wanted = size_ + most;
    reserve(memory_->is_workspace() ? wanted : (std::max)({wanted, 2 * room_, least}));
    if (most > room_ - size_) return nullptr;
  }
  return data_ + size_;
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
