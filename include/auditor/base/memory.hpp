// Where a call keeps its texts and buffers: on the heap, or one behind the other in a workspace of the caller's.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/config.hpp>

#include <cstddef>
#include <span>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

/// Only the constructor of the heap names it: a program that gives each client a workspace links no allocator.
/// **Threads**: the heap from any; a workspace from one at a time.
class memory {
 public:
  /// The heap, which throws or ends the program where it has no room.
  constexpr memory() noexcept : allocate_(&from_heap), free_(&to_heap) {}
  /// **Lifetime**: of the workspace, longer than this.
  explicit memory(std::span<char> workspace) noexcept;

  /// The same, of which one is enough.
  static memory& heap() noexcept;

  bool is_workspace() const noexcept { return allocate_ == nullptr; }

  /// Aligned for anything. Null: the workspace has no room for it.
  char* take(std::size_t bytes);
  /// The same block with more bytes, of which the first `used` keep their values. Null: no room, and the block is as before.
  char* grow(char* block, std::size_t bytes, std::size_t used, std::size_t wanted);
  /// Of a workspace, only the block that was taken last makes room; and the last one that is left, all of it.
  void give_back(char* block, std::size_t bytes) noexcept;

  /// Of the workspace, in bytes.
  std::size_t size() const noexcept { return static_cast<std::size_t>(end_ - begin_); }
  /// So many bytes can be taken at once; of the heap, no number.
  std::size_t left() const noexcept { return static_cast<std::size_t>(end_ - top_); }
  /// To so many the block can grow that was taken last; of the heap, no number.
  std::size_t longest(const char* block) const noexcept { return static_cast<std::size_t>(end_ - block); }

 private:
  static char* from_heap(std::size_t bytes);
  static void to_heap(char* block) noexcept;
  static constexpr std::size_t unit = alignof(std::max_align_t);
  static std::size_t whole_units(std::size_t bytes) noexcept;
  bool is_last(const char* block, std::size_t bytes) const noexcept;

  char* (*allocate_)(std::size_t bytes) = nullptr;
  void (*free_)(char* block) noexcept = nullptr;
  char* begin_ = nullptr;
  char* top_ = nullptr;
  char* end_ = nullptr;
  unsigned blocks_ = 0;  // taken from the workspace
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_BODIES
#include <auditor/impl/base/memory.ipp>
#endif
