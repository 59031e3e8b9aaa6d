// What a client on a board waits with, and what its transport sends through: the library's two concepts over board/.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "board/board.hpp"
#include "board/devices.hpp"
#include "line/framed_transport.hpp"

#include <auditor/http/executor.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

// The board's milliseconds begin anew after 49 days. Somebody asks more often than that.
inline auditor::ticks time_on_board() {
  static std::uint32_t last = 0, rounds = 0;
  const std::uint32_t now = board::milliseconds();
  if (now < last) ++rounds;
  last = now;
  return auditor::ticks{static_cast<std::int64_t>(std::uint64_t{rounds} << 32 | now)};
}

// What the program does while a call waits for the line, or for its next attempt: there are no threads, and a meter does not wait.
inline void (*while_waiting)() = [] {};
inline void rest_on_board() {
  while_waiting();
  board::rest();
}

struct board_executor {
  auditor::ticks now() { return time_on_board(); }
  std::uint64_t random() { return board::random(); }
  void sleep_until(auditor::ticks time, const auditor::cancel_flag* cancelled) {
    while (now() < time && !(cancelled != nullptr && *cancelled)) rest_on_board();
  }
};
static_assert(auditor::blocking_executor<board_executor>);

struct uart_line {
  std::size_t read(std::span<char> into, auditor::ticks longest) {
    for (const auditor::ticks end = now() + longest;;) {
      if (const std::size_t n = board::read_line(into); n != 0 || now() >= end) return n;
      rest_on_board();
    }
  }
  bool write(std::string_view bytes) {
    board::write_line(bytes);
    return true;  // a UART does not know whether somebody listens
  }
  auditor::ticks now() { return time_on_board(); }
};
static_assert(line::serial<uart_line>);
static_assert(auditor::transport<line::framed_transport<uart_line>>);
