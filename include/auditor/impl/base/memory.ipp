// Bodies of base/memory.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/memory.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

AUDITOR_DECL memory::memory(std::span<char> workspace) noexcept
    : begin_(workspace.data()), end_(workspace.data() + workspace.size()) {
  const std::size_t beside = reinterpret_cast<std::uintptr_t>(begin_) % unit;
  if (beside != 0) begin_ += (std::min)(unit - beside, workspace.size());
  top_ = begin_;
}

AUDITOR_DECL memory& memory::heap() noexcept {
  static memory all;  // has no state
  return all;
}

AUDITOR_DECL char* memory::take(std::size_t bytes) {
  if (allocate_ != nullptr) return allocate_(bytes);
  if (bytes > left()) return nullptr;
  char* const block = top_;
  top_ += (std::min)(whole_units(bytes), left());
  ++blocks_;
  return block;
}

AUDITOR_DECL char* memory::grow(char* block, std::size_t bytes, std::size_t used, std::size_t wanted) {
  if (block != nullptr && is_last(block, bytes)) {
    const std::size_t most = static_cast<std::size_t>(end_ - block);
    if (wanted > most) return nullptr;
    top_ = block + (std::min)(whole_units(wanted), most);
    return block;
  }
  char* const grown = take(wanted);
  if (grown == nullptr || block == nullptr) return grown;
  std::memcpy(grown, block, used);
  give_back(block, bytes);
  return grown;
}

AUDITOR_DECL void memory::give_back(char* block, std::size_t bytes) noexcept {
  if (free_ != nullptr) return free_(block);
  if (is_last(block, bytes)) top_ = block;
  if (--blocks_ == 0) top_ = begin_;
}

AUDITOR_DECL bool memory::is_last(const char* block, std::size_t bytes) const noexcept {
  return is_workspace() && block + whole_units(bytes) >= top_;
}

AUDITOR_DECL char* memory::from_heap(std::size_t bytes) { return new char[bytes]; }

AUDITOR_DECL void memory::to_heap(char* block) noexcept { delete[] block; }

AUDITOR_DECL std::size_t memory::whole_units(std::size_t bytes) noexcept { return (bytes + (unit - 1)) / unit * unit; }

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
