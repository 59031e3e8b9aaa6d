// The board mps2-an385 (Cortex-M3), or -an386 (M4), as qemu-system-arm has it: its start, UART0, SysTick; a Cortex-M0+ of the same map.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include "board.hpp"

extern "C" {
extern char data_begin[], data_end[], data_image[], bss_begin[], bss_end[];
extern void (*const init_begin[])();
extern void (*const init_end[])();
int main();
[[noreturn]] void start();
}

namespace {

std::uint32_t volatile& at(std::uintptr_t address) { return *reinterpret_cast<std::uint32_t volatile*>(address); }

// CMSDK UART (ARM DDI 0479, 4.3).
constexpr std::uintptr_t uart_data = 0x40004000, uart_state = 0x40004004, uart_control = 0x40004008,
                         uart_divider = 0x40004010;
constexpr std::uint32_t is_full = 1, has_come = 2;

constexpr std::uint32_t clock_hz = 25'000'000;
constexpr std::uintptr_t tick_control = 0xe000e010, tick_reload = 0xe000e014, tick_value = 0xe000e018;

std::uint32_t volatile ticks = 0;

void count_tick() { ticks = ticks + 1; }

[[noreturn]] void fault() { board::stop(70); }

struct vectors {
  char* stack;
  void (*reset)();
  void (*exceptions[14])();
};

[[gnu::section(".vectors"), gnu::used]] const vectors table = {
    stack_top,
    start,
    {fault, fault, fault, fault, fault, nullptr, nullptr, nullptr, nullptr, fault, fault, nullptr, fault, count_tick}};

}  // namespace

void start() {
  // Not memcpy and memset: a program that uses neither has them not. The volatile keeps the compiler from putting them back.
  const char* from = data_image;
  for (char volatile* to = data_begin; to != data_end; ++to) *to = *from++;
  for (char volatile* to = bss_begin; to != bss_end; ++to) *to = 0;

  at(uart_divider) = 16;
  at(uart_control) = 3;  // sends and receives
  at(tick_reload) = clock_hz / 1000 - 1;
  at(tick_value) = 0;
  at(tick_control) = 7;  // on, by the processor's clock, with its interrupt

  for (auto each = init_begin; each != init_end; ++each) (*each)();
  board::stop(main());
}

void board::write(std::string_view text) {
  for (const char each : text) {
    while ((at(uart_state) & is_full) != 0) continue;
    at(uart_data) = static_cast<unsigned char>(each);
  }
}

std::size_t board::read(std::span<char> into) {
  std::size_t n = 0;
  while (n < into.size() && (at(uart_state) & has_come) != 0) into[n++] = static_cast<char>(at(uart_data));
  return n;
}

std::uint32_t board::milliseconds() { return ticks; }

// Semihosting, SYS_EXIT_EXTENDED. Without a debugger the breakpoint is a fault, and that ends here again: then it waits.
void board::stop(int code) {
  const std::uint32_t why[] = {0x20026, static_cast<std::uint32_t>(code)};  // the application says so itself
  register std::uint32_t operation asm("r0") = 0x20;
  register const std::uint32_t* argument asm("r1") = why;
  asm volatile("bkpt 0xab" : : "r"(operation), "r"(argument) : "memory");
  for (;;) continue;
}
