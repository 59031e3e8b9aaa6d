// What the programs here ask of a board: a line to the world, a clock, an end, and where its stack lies.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

// The linker script's.
extern "C" char stack_bottom[], stack_top[];

namespace board {

void write(std::string_view text);       // waits until the line has taken it
std::size_t read(std::span<char> into);  // what has come by now, which may be nothing
std::uint32_t milliseconds();            // since the start; begins anew after 49 days
[[noreturn]] void stop(int code);        // under an emulator ends it, with this code

}  // namespace board
