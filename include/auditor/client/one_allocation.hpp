// Memory for a call under way: from the allocator of its handler, when that has one.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/config.hpp>

#include <memory>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

/// Whom a call tells of itself before anything happens, when nobody wants to know.
struct unannounced {
  void operator()(auto&) const noexcept {}
};

/// One `T`, in memory of `handler.get_allocator()`, or of the heap.
template <class T>
struct one_allocation {
  /// `construct(room)` makes the T there; it may move the handler away, whose allocator is asked before.
  template <class Handler, class Construct>
  static T* make(const Handler& handler, Construct construct) {
    using allocator = decltype(allocator_of(handler));
    using traits = std::allocator_traits<allocator>;
    // Gives the memory back when the constructor throws.
    struct room_for_one {
      ~room_for_one() {
        if (room != nullptr) traits::deallocate(from, room, 1);
      }
      allocator from;
      T* room;
    } kept{allocator_of(handler), nullptr};
    kept.room = traits::allocate(kept.from, 1);
    construct(static_cast<void*>(kept.room));
    T* const made = kept.room;
    kept.room = nullptr;
    return made;
  }
  /// `handler` is the one that it was made for, or what that was moved to.
  template <class Handler>
  static void free(T* made, const Handler& handler) {
    auto from = allocator_of(handler);
    std::destroy_at(made);
    std::allocator_traits<decltype(from)>::deallocate(from, made, 1);
  }

 private:
  template <class Handler>
  static auto allocator_of(const Handler& handler) {
    if constexpr (requires { handler.get_allocator(); })
      return typename std::allocator_traits<decltype(handler.get_allocator())>::template rebind_alloc<T>(
          handler.get_allocator());
    else
      return std::allocator<T>();
  }
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
