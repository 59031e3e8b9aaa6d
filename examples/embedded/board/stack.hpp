// How deep a call goes: the stack below it is painted before, and looked at behind it.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "board.hpp"

namespace board {

/// Bytes of stack that `call` uses at its deepest, interrupts of that time included. What it reserves and never writes to at the
/// very end of it is not seen.
template <class Call>
[[gnu::noinline]] std::size_t deepest_stack(Call call) {
  using word = std::uint32_t;
  constexpr word paint = 0xa5c35a3c;
  word volatile* const bottom = reinterpret_cast<word*>(stack_bottom);
  word volatile* const here =
      static_cast<word*>(__builtin_frame_address(0)) - 64;  // this function's own frame is left alone
  for (word volatile* each = bottom; each < here; ++each) *each = paint;
  call();
  word volatile* each = bottom;
  while (each < here && *each == paint) ++each;
  return static_cast<std::size_t>(static_cast<char*>(__builtin_frame_address(0)) - reinterpret_cast<char volatile*>(each));
}

}  // namespace board
