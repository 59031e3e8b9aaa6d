// Text that grows in memory of a call, and counts on where there is no more room.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/memory.hpp>

#include <cstddef>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

/// What did not fit is counted, so that an error can say how much was wanted.
class text_buffer {
 public:
  explicit text_buffer(memory& in) noexcept : memory_(&in) {}
  text_buffer(text_buffer&& other) noexcept;
  text_buffer& operator=(text_buffer&& other) noexcept;
  ~text_buffer();

  void clear() noexcept { cut(0); }
  /// Forgets what is behind so many characters, all of which were kept.
  void cut(std::size_t size) noexcept { size_ = size; }
  void assign(std::string_view text) { clear(), append(text); }
  void append(std::string_view text);
  void push_back(char c) { append({&c, 1}); }
  /// Makes room at once for a text that will be so long.
  void reserve(std::size_t size);

  /// Room for `most` more characters, of which `commit` takes the first; null where there is none.
  char* prepare(std::size_t most);
  void commit(std::size_t written) noexcept { size_ += written; }

  /// Of all that was appended, whether it was kept or not.
  std::size_t size() const noexcept { return size_; }
  /// Was all of it kept?
  bool is_whole() const noexcept { return size_ <= room_; }
  bool empty() const noexcept { return size_ == 0; }
  /// All of it, where it is whole.
  std::string_view text() const noexcept { return {data_, is_whole() ? size_ : 0}; }
  /// How long it can become; on the heap, no number.
  std::size_t longest() const noexcept { return room_ + memory_->left(); }

 private:
  memory* memory_;
  char* data_ = nullptr;
  std::size_t size_ = 0, room_ = 0;
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_BODIES
#include <auditor/impl/base/text_buffer.ipp>
#endif
