// Compiles after the headers of an operating system have taken common words for macros. Nothing to run.
// SPDX-License-Identifier: MIT OR Apache-2.0

// Our own headers must survive, not the standard's: those come first.
#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <charconv>
#include <chrono>
#include <cmath>
#include <compare>
#include <concepts>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <initializer_list>
#include <iterator>
#include <limits>
#include <memory>
#include <new>
#include <numeric>
#include <optional>
#include <ostream>
#include <ranges>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

// windows.h and what it pulls in
#define min(a, b) hostile !
#define max(a, b) hostile !
#define small hostile !
#define near hostile !
#define far hostile !
#define interface hostile !
#define hyper hostile !
#define pascal hostile !
#define cdecl hostile !
#define DELETE hostile !
#define ERROR hostile !
#define NO_ERROR hostile !
#define IN hostile !
#define OUT hostile !
#define OPTIONAL hostile !
#define CONST hostile !
#define VOID hostile !
#define TRUE hostile !
#define FALSE hostile !
#define STRICT hostile !
#define ABSOLUTE hostile !
#define RELATIVE hostile !
#define IGNORE hostile !
#define GetMessage hostile !
#define SendMessage hostile !
#define NEAR hostile !
#define FAR hostile !
#define BOOL hostile !
#define BYTE hostile !
#define WORD hostile !
#define DWORD hostile !
#define CHAR hostile !
#define INT hostile !
#define LONG hostile !
#define CALLBACK hostile !
#define WINAPI hostile !
#define PASCAL hostile !
#define INFINITE hostile !
#define DIFFERENCE hostile !
#define ALTERNATE hostile !
#define OPAQUE hostile !
#define TRANSPARENT hostile !
#define STATUS_PENDING hostile !
#define Yield hostile !
#define GetObject hostile !
#define GetClassName hostile !
#define GetCurrentTime hostile !
#define CreateFile hostile !
#define DeleteFile hostile !
#define DrawText hostile !
#define MessageBox hostile !
#define LoadString hostile !
#define TEXT(text) hostile !
// Xlib
#define Bool hostile !
#define Status hostile !
#define Success hostile !
#define None hostile !
#define True hostile !
#define False hostile !
#define Always hostile !
#define Unsorted hostile !
#define Above hostile !
#define Below hostile !
#define Complex hostile !
#define Convex hostile !
#define KeyPress hostile !
#define Expose hostile !
#define CurrentTime hostile !
#define CursorShape hostile !
#define GrayScale hostile !
#define Opposite hostile !
// glibc, gnu++20 and old Unix
#define major(device) hostile !
#define minor(device) hostile !
#define unix hostile !
#define linux hostile !
#define st_mtime hostile !
#define makedev(a, b) hostile !
#define i386 hostile !
#define sun hostile !
#define mips hostile !
#define vax hostile !
#define st_atime hostile !
#define st_ctime hostile !
#define sa_handler hostile !
#define h_addr hostile !
#define VERSION hostile !
#define PACKAGE hostile !
#define CTRL hostile !
// Slurm's log.h, xmalloc.h and xassert.h; not its error(...), for which docs/getting-started.md has a way
#define debug(...) hostile !
#define debug2(...) hostile !
#define info(...) hostile !
#define verbose(...) hostile !
#define fatal(...) hostile !
#define log_flag(...) hostile !
#define xmalloc(size) hostile !
#define xfree(what) hostile !
#define xstrdup(text) hostile !
#define xassert(condition) hostile !
#define NO_VAL hostile !
#define SLURM_SUCCESS hostile !
#define SLURM_ERROR hostile !
// loggers, test frameworks and kernels
#define log(...) hostile !
#define LOG(...) hostile !
#define TRACE hostile !
#define DEBUG hostile !
#define INFO hostile !
#define WARNING hostile !
#define FATAL hostile !
#define CHECK(...) hostile !
#define REQUIRE(...) hostile !
#define TEST(...) hostile !
#define TRY hostile !
#define CATCH hostile !
#define THROW hostile !
#define likely(x) hostile !
#define unlikely(x) hostile !
#define container_of(...) hostile !
#define ARRAY_SIZE(x) hostile !
#define COUNT(x) hostile !
#define UNUSED(x) hostile !
#define OK hostile !
#define FAIL hostile !
#define SUCCESS hostile !
#define FAILURE hostile !
#define NONE hostile !
#define ANY hostile !
#define UNKNOWN hostile !
#define INVALID hostile !
#define TIMEOUT hostile !
#define CR hostile !
#define LF hostile !
#define NUL hostile !
// Arduino and Qt
#define abs(x) hostile !
#define round(x) hostile !
#define bit(b) hostile !
#define word(...) hostile !
#define B1 hostile !
#define HIGH hostile !
#define LOW hostile !
#define CHANGE hostile !
#define RISING hostile !
#define FALLING hostile !
#define DISPLAY hostile !
#define EXTERNAL hostile !
#define INTERNAL hostile !
#define lowByte(x) hostile !
#define highByte(x) hostile !
#define constrain(...) hostile !
#define interrupts() hostile !
#define radians(x) hostile !
#define degrees(x) hostile !
#define sq(x) hostile !
#define F(text) hostile !
#define PI hostile !
#define DEFAULT hostile !
#define INPUT hostile !
#define OUTPUT hostile !
#define signals hostile !
#define slots hostile !
#define emit hostile !
#define foreach hostile !
// assert.h of a program that forbids it
#undef assert
#define assert(condition) hostile !

#include <auditor/auditor.hpp>
