// A function of the caller's, kept by value without a heap: what options take where something is to be told.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/config.hpp>

#include <concepts>
#include <cstddef>
#include <new>
#include <type_traits>
#include <utility>

namespace auditor {
inline namespace AUDITOR_MODEL_ABI {

template <class Signature>
class callback;

/// A lambda, a function or a function object that options hold until the call is over. Empty by default.
///
/// ```cpp
/// client.bulk_insert(records, {.progress = [&bar](std::size_t done, std::size_t of) { bar.show(done, of); }});
/// ```
/// It is copied: what it is to change, it captures by reference. **Lifetime**: what it captures by reference outlives the call.
/// **Memory**: none but its own four pointers, into which the captures must fit; each of them is a reference, a pointer or
/// a number (trivially copyable). That also keeps the options free of destructors, which g++ 12 needs for braced options
/// within a coroutine.
template <class Result, class... Arguments>
class callback<Result(Arguments...)> {
 public:
  /// **Units**: bytes.
  static constexpr std::size_t room = 4 * sizeof(void*);

  constexpr callback() noexcept {}
  /// None.
  constexpr callback(std::nullptr_t) noexcept {}

  /// Keeps a copy of this function.
  template <class Function>
    requires(!std::same_as<std::remove_cvref_t<Function>, callback> &&
             std::is_invocable_r_v<Result, std::decay_t<Function>&, Arguments...> &&
             !std::is_member_pointer_v<std::decay_t<Function>>)
  callback(Function&& f) noexcept {
    using kept = std::decay_t<Function>;
    static_assert(std::is_trivially_copyable_v<kept>, "a callback captures by reference, or pointers and numbers by value");
    static_assert(sizeof(kept) <= room && alignof(kept) <= alignof(void*),
                  "the captures of a callback fit into four pointers: capture one reference to more");
    kept copy(std::forward<Function>(f));
    if constexpr (std::is_pointer_v<kept>)
      if (copy == nullptr) return;
    ::new (static_cast<void*>(room_)) kept(copy);
    call_ = [](void* self, Arguments... arguments) -> Result {
      return static_cast<Result>((*static_cast<kept*>(self))(std::forward<Arguments>(arguments)...));
    };
  }

  /// Whether there is one.
  explicit operator bool() const noexcept { return call_ != nullptr; }
  /// Not of an empty one.
  Result operator()(Arguments... arguments) const { return call_(room_, std::forward<Arguments>(arguments)...); }

 private:
  Result (*call_)(void* self, Arguments...) = nullptr;
  alignas(void*) mutable std::byte room_[room]{};
};

}  // namespace AUDITOR_MODEL_ABI
}  // namespace auditor
