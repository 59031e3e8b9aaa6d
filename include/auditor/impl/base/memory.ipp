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
    : top_(workspace.data()), end_(workspace.data() + workspace.size()) {
  const std::size_t beside = reinterpret_cast<std::uintptr_t>(top_) % alignof(std::max_align_t);
  if (beside != 0) top_ += (std::min)(alignof(std::max_align_t) - beside, workspace.size());
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
  return block;
}

AUDITOR_DECL char* memory::grow(char* block, std::size_t bytes, std::size_t used, std::size_t wanted) {
  const bool is_last = is_workspace() && block != nullptr && block + whole_units(bytes) >= top_;
  if (is_last) {
    if (wanted > static_cast<std::size_t>(end_ - block)) return nullptr;
    top_ = block;
    return take(wanted);
  }
  char* const grown = take(wanted);
  if (grown == nullptr || block == nullptr) return grown;
  std::memcpy(grown, block, used);
  give_back(block, bytes);
  return grown;
}

AUDITOR_DECL void memory::give_back(char* block, std::size_t bytes) noexcept {
  if (free_ != nullptr)
    free_(block);
  else if (block + whole_units(bytes) >= top_)
    top_ = block;
}

AUDITOR_DECL char* memory::from_heap(std::size_t bytes) { return new char[bytes]; }

AUDITOR_DECL void memory::to_heap(char* block) noexcept { delete[] block; }

AUDITOR_DECL std::size_t memory::whole_units(std::size_t bytes) noexcept {
  constexpr std::size_t unit = alignof(std::max_align_t);
  return (bytes + (unit - 1)) / unit * unit;
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
