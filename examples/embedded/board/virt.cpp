// qemu's RISC-V machine `virt`: its start, its UART, its clock.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include "board.hpp"

extern "C" {
extern char data_begin[], data_end[], data_image[], bss_begin[], bss_end[];
extern void (*const init_begin[])();
extern void (*const init_end[])();
int main();
[[noreturn, gnu::used]] void start_in_cpp();
}

namespace {

template <class Width>
Width volatile& at(std::uintptr_t address) {
  return *reinterpret_cast<Width volatile*>(address);
}

// A 16550.
constexpr std::uintptr_t uart_data = 0x10000000, uart_state = 0x10000005;
constexpr std::uint8_t has_come = 0x01, is_empty = 0x20;

constexpr std::uintptr_t clock_low = 0x0200bff8, clock_high = 0x0200bffc;  // counts at 10 MHz

constexpr std::uintptr_t test_device = 0x00100000;

}  // namespace

asm(R"(
  .section .vectors, "ax"
  .globl start
start:
  .option push
  .option norelax
  la gp, __global_pointer$
  .option pop
  la sp, stack_top
  j start_in_cpp
)");

void start_in_cpp() {
  const char* from = data_image;
  for (char volatile* to = data_begin; to != data_end; ++to) *to = *from++;
  for (char volatile* to = bss_begin; to != bss_end; ++to) *to = 0;
  for (auto each = init_begin; each != init_end; ++each) (*each)();
  board::stop(main());
}

void board::write(std::string_view text) {
  for (const char each : text) {
    while ((at<std::uint8_t>(uart_state) & is_empty) == 0) continue;
    at<std::uint8_t>(uart_data) = static_cast<std::uint8_t>(each);
  }
}

std::size_t board::read(std::span<char> into) {
  std::size_t n = 0;
  while (n < into.size() && (at<std::uint8_t>(uart_state) & has_come) != 0)
    into[n++] = static_cast<char>(at<std::uint8_t>(uart_data));
  return n;
}

std::uint32_t board::milliseconds() {
  std::uint32_t high, low;
  do {
    high = at<std::uint32_t>(clock_high);
    low = at<std::uint32_t>(clock_low);
  } while (high != at<std::uint32_t>(clock_high));
  // 2^32 ticks are 429,496 ms and 7,296 ticks: what these add up to makes a millisecond only after days.
  return high * 429'496 + low / 10'000;
}

void board::stop(int code) {
  at<std::uint32_t>(test_device) = code == 0 ? 0x5555 : (static_cast<std::uint32_t>(code) << 16 | 0x3333);
  for (;;) continue;
}
