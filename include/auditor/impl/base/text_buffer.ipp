// Bodies of base/text_buffer.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/text_buffer.hpp>
#include <auditor/impl/base/same_text.hpp>

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
      at_(std::exchange(other.at_, nullptr)),
      end_(std::exchange(other.end_, nullptr)),
      lost_(std::exchange(other.lost_, 0)) {}

AUDITOR_DECL text_buffer& text_buffer::operator=(text_buffer&& other) noexcept {
  std::swap(memory_, other.memory_);
  std::swap(data_, other.data_);
  std::swap(at_, other.at_);
  std::swap(end_, other.end_);
  std::swap(lost_, other.lost_);
  return *this;
}

AUDITOR_DECL text_buffer::~text_buffer() {
  if (memory_ != nullptr && data_ != nullptr) memory_->give_back(data_, room());
}

AUDITOR_DECL void text_buffer::append(const char* text, std::size_t size) {
  if (size == 0) return;
  if (char* const to = prepare(size); to != nullptr) {
    std::memcpy(to, text, size);
    commit(size);
  } else {
    lost_ += size - static_cast<std::size_t>(end_ - at_);
    at_ = end_;
  }
}

[[gnu::noinline]] AUDITOR_DECL void text_buffer::append_words(const char* literal) {
  while (*literal != '\0') push_back(*literal++);
}

AUDITOR_DECL bool text_buffer::holds(std::string_view whole) const noexcept { return is_same_text(text(), whole); }

AUDITOR_DECL void text_buffer::reserve(std::size_t size) {
  if (size > room() && memory_ != nullptr) grow_to(size);
}

AUDITOR_DECL void text_buffer::reserve_for(std::size_t texts, std::size_t most) {
  const std::size_t each = size() + size() / 8 + 1;
  reserve(texts < most / each ? texts * each : most);
}

AUDITOR_DECL void text_buffer::grow_to(std::size_t size) {
  const std::size_t used = kept();
  char* const grown = memory_->grow(data_, room(), used, size);
  if (grown == nullptr) return;
  data_ = grown;
  at_ = grown + used;
  end_ = grown + size;
}

AUDITOR_DECL char* text_buffer::make_room(std::size_t most) {
  if (memory_ == nullptr || !is_whole()) return nullptr;
  constexpr std::size_t least = 32;
  const std::size_t wanted = kept() + most;
  const std::size_t spare = memory_->is_workspace() ? 0 : (std::max)(2 * room(), least);
  grow_to(wanted > spare ? wanted : spare);
  return has_room(most) ? at_ : nullptr;
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
