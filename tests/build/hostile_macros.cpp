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
// Xlib
#define Bool hostile !
#define Status hostile !
#define Success hostile !
#define None hostile !
#define True hostile !
#define False hostile !
// glibc, gnu++20 and old Unix
#define major(device) hostile !
#define minor(device) hostile !
#define unix hostile !
#define linux hostile !
#define st_mtime hostile !
// Arduino and Qt
#define abs(x) hostile !
#define round(x) hostile !
#define bit(b) hostile !
#define word(...) hostile !
#define B1 hostile !
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
