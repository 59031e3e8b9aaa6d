// UART1 of the boards mps2-an385 and -an386, received by interrupt into a ring; what differs from start to start; the processor's sleep.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include "devices.hpp"

#include "board.hpp"

namespace {

std::uint32_t volatile& at(std::uintptr_t address) { return *reinterpret_cast<std::uint32_t volatile*>(address); }

// CMSDK UART (ARM DDI 0479, 4.3).
constexpr std::uintptr_t uart_data = 0x40005000, uart_state = 0x40005004, uart_control = 0x40005008,
                         uart_interrupts = 0x4000500c, uart_divider = 0x40005010;
constexpr std::uint32_t is_full = 1, has_come = 2, receive_interrupt = 2;
constexpr unsigned receive_number = 2;  // of its interrupt

constexpr std::uintptr_t interrupts_on = 0xe000e100, tick_value = 0xe000e018;

// More than the answers to a frame and to its repeats: the bridge says nothing that it was not asked.
constexpr std::size_t room = 1024;
char volatile ring[room];
// Bytes that came and that were taken; each is written by one side alone.
std::size_t volatile come = 0, taken = 0, lost = 0;

void receive() {
  at(uart_interrupts) = receive_interrupt;  // first: the next byte may come while this one is read
  while ((at(uart_state) & has_come) != 0) {
    const char each = static_cast<char>(at(uart_data));
    if (come - taken == room) {
      lost = lost + 1;
      continue;
    }
    ring[come % room] = each;
    come = come + 1;
  }
}

[[noreturn]] void unexpected() { board::stop(72); }

// They stand behind the processor's own (sections.ld).
[[gnu::section(".interrupts"), gnu::used]] void (*const interrupts[])() = {unexpected, unexpected, receive};
static_assert(sizeof interrupts / sizeof *interrupts == receive_number + 1);

}  // namespace

void board::open_line() {
  at(uart_divider) = 217;        // 115,200 baud of 25 MHz
  at(uart_control) = 1 | 2 | 8;  // sends, receives, tells what has come
  at(interrupts_on) = 1u << receive_number;
}

void board::write_line(std::string_view bytes) {
  for (const char each : bytes) {
    while ((at(uart_state) & is_full) != 0) continue;
    at(uart_data) = static_cast<unsigned char>(each);
  }
}

std::size_t board::read_line(std::span<char> into) {
  std::size_t n = 0;
  while (n < into.size() && taken != come) {
    into[n++] = ring[taken % room];
    taken = taken + 1;  // the byte is out before its place is free
  }
  return n;
}

std::size_t board::lost_on_line() { return lost; }

// The board has no source of noise. What the world does to the program is one: in which of the 25,000 cycles of a millisecond it asks.
// A board that has a source of its own uses that.
std::uint64_t board::random() {
  static std::uint64_t state = 0;
  state ^= (std::uint64_t{board::milliseconds()} << 32 | at(tick_value)) * 0x9e3779b97f4a7c15u;
  state ^= state >> 29;
  state *= 0xbf58476d1ce4e5b9u;
  return state ^= state >> 32;
}

void board::rest() { asm volatile("wfi"); }
