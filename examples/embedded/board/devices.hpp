// What a whole program asks of a board besides board.hpp: a second line that hears while the program is at work, chance, and rest.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace board {

void open_line();
void write_line(std::string_view bytes);      // waits until the line has taken them
std::size_t read_line(std::span<char> into);  // what has come by now, which may be nothing
std::size_t lost_on_line();                   // bytes for which there was no room

std::uint64_t random();  // differs from start to start; no secret
void rest();             // until the next interrupt: a byte, or the tick of the next millisecond

}  // namespace board
