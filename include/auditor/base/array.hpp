// Plain things in a row, in memory of a call: says so where there is no more room.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/memory.hpp>

#include <algorithm>
#include <cstddef>
#include <new>
#include <type_traits>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

template <class T>
class array {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  explicit array(memory& in) noexcept : memory_(in) {}
  array(const array&) = delete;
  array& operator=(const array&) = delete;
  ~array() {
    if (data_ != nullptr) memory_.give_back(reinterpret_cast<char*>(data_), room_ * sizeof(T));
  }

  /// Makes room for so many at once. False: there is none, and all is as before.
  bool reserve(std::size_t room) {
    if (room <= room_) return true;
    char* const grown =
        memory_.grow(reinterpret_cast<char*>(data_), room_ * sizeof(T), size_ * sizeof(T), room * sizeof(T));
    if (grown == nullptr) return false;
    data_ = reinterpret_cast<T*>(grown);
    room_ = room;
    return true;
  }
  /// False: there is no room for it.
  bool push_back(const T& last) {
    const std::size_t more = memory_.is_workspace() ? size_ + 1 : (std::max)(2 * size_, std::size_t{8});
    if (size_ == room_ && !reserve(more)) return false;
    ::new (static_cast<void*>(data_ + size_++)) T(last);
    return true;
  }
  /// Forgets what is behind so many.
  void cut(std::size_t size) noexcept { size_ = size; }

  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }
  T& operator[](std::size_t i) noexcept { return data_[i]; }
  const T& operator[](std::size_t i) const noexcept { return data_[i]; }
  T& back() noexcept { return data_[size_ - 1]; }
  T* begin() noexcept { return data_; }
  T* end() noexcept { return data_ + size_; }
  const T* begin() const noexcept { return data_; }
  const T* end() const noexcept { return data_ + size_; }

 private:
  memory& memory_;
  T* data_ = nullptr;
  std::size_t size_ = 0, room_ = 0;
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
