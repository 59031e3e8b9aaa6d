// Bytes that are not initialised, and their number: what was moved from has none, and does not believe that it has.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/memory.hpp>

#include <cstddef>
#include <span>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

class raw_buffer {
 public:
  /// Of a workspace it takes all that is left at once, as nothing there can grow: see `take_all`.
  explicit raw_buffer(memory& in) noexcept : memory_(&in) {}
  /// Neither grows nor is given back.
  explicit raw_buffer(std::span<char> fixed) noexcept : bytes_(fixed.data()), size_(fixed.size()) {}
  raw_buffer(raw_buffer&& other) noexcept;
  raw_buffer& operator=(raw_buffer&& other) noexcept;
  ~raw_buffer() { give_back(); }

  bool is_fixed() const noexcept { return memory_ == nullptr || memory_->is_workspace(); }

  /// Not to be called where it is fixed. The first `used` bytes keep their values.
  void grow(std::size_t used, std::size_t wanted);
  /// The same bytes elsewhere, of one that owns none.
  void move_to(std::span<char> fixed) noexcept {
    memory_ = nullptr;
    bytes_ = fixed.data();
    size_ = fixed.size();
  }
  /// Of a workspace, unless it has taken it already.
  void take_all();
  /// To the memory that it came from.
  void give_back() noexcept;

  char* data() const noexcept { return bytes_; }
  std::size_t size() const noexcept { return size_; }

 private:
  memory* memory_ = nullptr;
  char* bytes_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_BODIES
#include <auditor/impl/json/raw_buffer.ipp>
#endif
