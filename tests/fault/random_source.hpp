// The randomness of one history: everything in it follows from one seed. SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace fault {

class random_source {
 public:
  /// Seeds that lie side by side must not give the same sequence one step apart: the seed is mixed first.
  explicit random_source(std::uint64_t seed) noexcept : state_(mixed(seed)) {}
  std::uint64_t next() noexcept { return mixed(state_ += 0x9E3779B97F4A7C15u); }
  /// 0 .. below-1
  std::size_t below(std::size_t limit) noexcept { return static_cast<std::size_t>(next() % limit); }
  bool percent(unsigned chance) noexcept { return below(100) < chance; }
  template <class T, std::size_t Size>
  T of(const std::array<T, Size>& choices) noexcept {
    return choices[below(Size)];
  }

 private:
  static std::uint64_t mixed(std::uint64_t z) noexcept {
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }
  std::uint64_t state_;
};

}  // namespace fault
