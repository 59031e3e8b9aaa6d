// Text that grows in memory of a call, and counts on where there is no more room.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/memory.hpp>

#include <cstddef>
#include <span>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

/// What did not fit is counted, so that an error can say how much was wanted.
class text_buffer {
 public:
  explicit text_buffer(memory& in) noexcept : memory_(&in) {}
  /// In these characters, and no more. **Lifetime**: of `fixed`, longer than this.
  explicit text_buffer(std::span<char> fixed) noexcept : data_(fixed.data()), at_(data_), end_(data_ + fixed.size()) {}
  text_buffer(text_buffer&& other) noexcept;
  text_buffer& operator=(text_buffer&& other) noexcept;
  ~text_buffer();

  void clear() noexcept { cut(0); }
  /// Forgets what is behind so many characters, all of which were kept.
  void cut(std::size_t size) noexcept { at_ = data_ + size, lost_ = 0; }
  void assign(std::string_view text) { clear(), append(text); }
  void append(std::string_view text) { append(text.data(), text.size()); }
  void append(const char* text, std::size_t size);
  /// Of a literal: less code where it stands.
  void append_words(const char* literal);
  void push_back(char c) { append(&c, 1); }
  /// Makes room at once for a text that will be so long.
  void reserve(std::size_t size);
  /// The same for so many texts like the one that is there, or for so many characters: it would grow, and be copied, ten times.
  void reserve_for(std::size_t texts, std::size_t most);

  /// Room for `most` more characters, of which `commit` takes the first; null where there is none.
  char* prepare(std::size_t most) { return has_room(most) ? at_ : make_room(most); }
  void commit(std::size_t written) noexcept { at_ += written; }

  /// The same without that it grows: is there room already, and where?
  bool has_room(std::size_t most) const noexcept { return most <= static_cast<std::size_t>(end_ - at_); }
  char* end() noexcept { return at_; }
  /// Where that room ends.
  char* limit() noexcept { return end_; }

  /// Of all that was appended, whether it was kept or not.
  std::size_t size() const noexcept { return kept() + lost_; }
  /// Was all of it kept?
  bool is_whole() const noexcept { return lost_ == 0; }
  bool empty() const noexcept { return size() == 0; }
  /// All of it, where it is whole.
  std::string_view text() const noexcept { return {data_, is_whole() ? kept() : 0}; }
  bool holds(std::string_view whole) const noexcept;
  /// How long it can become; on the heap, no number.
  std::size_t longest() const noexcept {
    if (memory_ == nullptr) return room();
    return data_ == nullptr ? memory_->left() : memory_->longest(data_);
  }

 private:
  std::size_t kept() const noexcept { return static_cast<std::size_t>(at_ - data_); }
  std::size_t room() const noexcept { return static_cast<std::size_t>(end_ - data_); }
  char* make_room(std::size_t most);
  void grow_to(std::size_t size);

  memory* memory_ = nullptr;
  char* data_ = nullptr;
  char* at_ = nullptr;
  char* end_ = nullptr;
  std::size_t lost_ = 0;  // if there is any, `at_` is the end
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_BODIES
#include <auditor/impl/base/text_buffer.ipp>
#endif
