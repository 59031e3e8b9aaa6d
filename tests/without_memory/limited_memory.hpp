// A memory that runs out when it is told to: the operators of the whole program, so that one unit alone may include it.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <cstddef>
#include <cstdlib>
#include <limits>
#include <new>

namespace limited_memory {

inline constexpr std::size_t never = std::numeric_limits<std::size_t>::max();
inline std::size_t allowed = never;  // allocations, then there is no memory

inline void* take(std::size_t size) {
  if (allowed == 0) throw std::bad_alloc();
  if (allowed != never) --allowed;
  void* const memory = std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

// Whether it went well, with so many allocations.
template <class Act>
bool with(std::size_t allocations, const Act& act) {
  allowed = allocations;
  bool is_done = true;
  try {
    act();
  } catch (const std::bad_alloc&) {
    is_done = false;
  }
  allowed = never;
  return is_done;
}

}  // namespace limited_memory

[[gnu::noinline]] void* operator new(std::size_t size) { return limited_memory::take(size); }
[[gnu::noinline]] void* operator new[](std::size_t size) { return limited_memory::take(size); }
[[gnu::noinline]] void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return std::malloc(size == 0 ? 1 : size);
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete[](void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
