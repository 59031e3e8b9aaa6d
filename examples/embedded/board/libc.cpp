// What newlib asks of a system: memory between the data and the stack, and words to nowhere; a program without a heap links none of that.
// And two functions of its own in less room.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include "board.hpp"

extern "C" {

extern char bss_end[];
void* __dso_handle = nullptr;  // of what is destroyed when a program ends; ours do not

// The memory that malloc has had; -1: there is no more.
void* _sbrk(std::ptrdiff_t more) {
  static char* end = bss_end;
  if (more > stack_bottom - end) return reinterpret_cast<void*>(-1);
  char* const begin = end;
  end += more;
  return begin;
}
void _exit(int code) { board::stop(code); }
int _kill(int, int) { board::stop(71); }
int _getpid() { return 1; }
int _write(int, const char* text, int size) {
  board::write({text, static_cast<std::size_t>(size)});
  return size;
}
int _read(int, char*, int) { return -1; }
int _close(int) { return -1; }
int _lseek(int, int, int) { return -1; }
int _fstat(int, void*) { return -1; }
int _isatty(int) { return 1; }

// Newlib's take 470 bytes to be fast. The attribute: else g++ sees what the loops are, and has each call itself.
[[gnu::optimize("no-tree-loop-distribute-patterns")]] void* memcpy(void* to, const void* from, std::size_t size) {
  auto* const bytes = static_cast<unsigned char*>(to);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<const unsigned char*>(from)[i];
  return to;
}
[[gnu::optimize("no-tree-loop-distribute-patterns")]] void* memset(void* to, int value, std::size_t size) {
  auto* const bytes = static_cast<unsigned char*>(to);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<unsigned char>(value);
  return to;
}
}
