// Writes the tokens of JSON into memory that a target provides: strings, integers, doubles, as nlohmann/json prints them.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/error.hpp>
#include <auditor/base/timestamp.hpp>
#include <auditor/base/utf8.hpp>
#include <auditor/impl/json/word.hpp>

#include <bit>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

// --- numbers ---

// Bits instead of std::isfinite, which -ffast-math takes for true; and those of a number in memory, because clang takes for finite
// what is passed by value.
constexpr bool is_finite(const double& value) noexcept {
  constexpr std::uint64_t exponent = std::uint64_t{0x7FF} << 52;
  return (std::bit_cast<std::uint64_t>(value) & exponent) != exponent;
}

constexpr std::size_t count_digits(std::uint64_t value) noexcept {
  std::size_t count = 1;
  for (; value >= 10'000; value /= 10'000) count += 4;
  return count + (value >= 10 ? 1u : 0u) + (value >= 100 ? 1u : 0u) + (value >= 1'000 ? 1u : 0u);
}

// At most 20 characters.
inline char* write_integer(std::int64_t value, char* to) noexcept {
  auto rest = static_cast<std::uint64_t>(value);
  if (value < 0) {
    *to++ = '-';
    rest = 0 - rest;
  }
  char* const end = to + count_digits(rest);
  char* p = end;
  for (; rest >= 100; rest /= 100) write_pair(p -= 2, static_cast<std::uint32_t>(rest % 100));
  if (rest >= 10)
    write_pair(p - 2, static_cast<std::uint32_t>(rest));
  else
    *--p = static_cast<char>('0' + rest);
  return end;
}

// The digits of a double and where its point is: 0.d1d2d3... * 10^point.
inline char* place_point(const char* digits, int count, int point, char* to) noexcept {
  const auto put = [&to](const char* from, int n) {
    std::memcpy(to, from, static_cast<std::size_t>(n));
    to += n;
  };
  const auto zeros = [&to](int n) {
    std::memset(to, '0', static_cast<std::size_t>(n));
    to += n;
  };
  if (count <= point && point <= 15) {  // 1200.0
    put(digits, count);
    zeros(point - count);
    put(".0", 2);
  } else if (0 < point && point <= 15) {  // 12.34
    put(digits, point);
    put(".", 1);
    put(digits + point, count - point);
  } else if (-4 < point && point <= 0) {  // 0.0012
    put("0.", 2);
    zeros(-point);
    put(digits, count);
  } else {  // 1.2e+30
    put(digits, 1);
    if (count > 1) put(".", 1);
    put(digits + 1, count - 1);
    const int exponent = point - 1;
    put(exponent < 0 ? "e-" : "e+", 2);
    const auto magnitude = static_cast<std::uint32_t>(exponent < 0 ? -exponent : exponent);
    if (magnitude >= 100) *to++ = static_cast<char>('0' + magnitude / 100);
    to = write_pair(to, magnitude % 100);
  }
  return to;
}

// The shortest decimal that reads back as the same double, with a point or an exponent. At most 32 characters; finite.
inline char* write_double(double value, char* to) noexcept {
  if (std::bit_cast<std::uint64_t>(value) >> 63 != 0) {
    *to++ = '-';
    value = -value;
  }
  // Scores are decimals of a few digits, so try these first: with 15 digits or fewer, the decimal that gives this double
  // back is the only one of its length.
  if (value < 1e12) {
    const double thousandths = value * 1000;
    const auto rounded = static_cast<std::int64_t>(thousandths + 0.5);
    if (static_cast<double>(rounded) / 1000 == value) {
      to = write_integer(rounded / 1000, to);
      const auto part = static_cast<std::uint32_t>(rounded % 1000);
      *to++ = '.';
      *to++ = static_cast<char>('0' + part / 100);
      if (part % 100 == 0) return to;
      write_pair(to, part % 100);
      return to + (part % 10 == 0 ? 1 : 2);
    }
  }
  char text[32];
  const std::to_chars_result printed = std::to_chars(text, text + sizeof text, value, std::chars_format::scientific);
  char digits[32];
  int count = 0;
  const char* p = text;
  for (; *p != 'e'; ++p)
    if (*p != '.') digits[count++] = *p;
  int exponent = 0;
  std::from_chars(p[1] == '+' ? p + 2 : p + 1, printed.ptr, exponent);
  return place_point(digits, count, exponent + 1, to);
}

// The memory that a writer writes into: a window, and what becomes of its content when it is full.
//
//   char* begin(); char* end();       the window, at least 64 bytes
//   bool take(std::size_t written)    empties the window; false: there is no room for it
//
// After a failure the writer goes on writing, into the window alone, so that only the end has to ask.
template <class Target>
class text_writer {
 public:
  explicit text_writer(Target& target) noexcept : target_(target), at_(target.begin()), end_(target.end()) {}

  template <std::size_t N>
  void literal(const char (&text)[N]) {
    room(N - 1);
    std::memcpy(at_, text, N - 1);
    at_ += N - 1;
  }
  void integer(std::int64_t value) {
    room(20);
    at_ = write_integer(value, at_);
  }
  void number(const double& value) {
    if (!is_finite(value)) return fail(errc::invalid_record);
    room(32);
    at_ = write_double(value, at_);
  }
  void time(timestamp value) {
    room(timestamp_capacity);
    at_ += write_timestamp(value, at_);
  }

  // What stands between the quotes of a string.
  void text(std::string_view plain) {
    const char* p = plain.data();
    const char* const end = p + plain.size();
    while (p != end) {
      room(8);
      const auto left = static_cast<std::size_t>(end - p);
      // The zeros behind the last characters are control characters, at which the copying stops anyway.
      const std::uint64_t word = left >= 8           ? load_word(p)
                                 : plain.size() >= 8 ? load_word(end - 8) >> (8 * (8 - left))
                                                     : load_part(p, left);
      const std::uint64_t stops = string_stops(word);
      store_word(word, at_);
      const std::size_t copied = stops == 0 ? 8 : first_byte(stops);
      p += copied;
      at_ += copied;
      if (copied < 8 && p != end) [[unlikely]]
        p = escape(p, end);
    }
  }

  // Empties the window. What is wrong, or `ok`.
  errc finish() {
    take();
    return failure_;
  }

 private:
  void room(std::size_t n) {
    if (static_cast<std::size_t>(end_ - at_) < n) [[unlikely]]
      take();
  }
  void take() {
    if (failure_ == errc::ok && !target_.take(static_cast<std::size_t>(at_ - target_.begin()))) fail(errc::buffer_full);
    at_ = target_.begin();
  }
  void fail(errc code) noexcept {
    if (failure_ == errc::ok) failure_ = code;
  }

  // One character that cannot just be copied; returns what is behind it.
  const char* escape(const char* p, const char* end) {
    const auto c = static_cast<unsigned char>(*p);
    if (c >= 0x80) {
      const std::size_t length = utf8_sequence_length({p, static_cast<std::size_t>(end - p)}, 0);
      if (length == 0) {
        fail(errc::invalid_record);
        return end;
      }
      room(length);
      std::memcpy(at_, p, length);
      at_ += length;
      return p + length;
    }
    room(6);
    *at_++ = '\\';
    switch (c) {
      case '"':
      case '\\': *at_++ = *p; break;
      case '\b': *at_++ = 'b'; break;
      case '\f': *at_++ = 'f'; break;
      case '\n': *at_++ = 'n'; break;
      case '\r': *at_++ = 'r'; break;
      case '\t': *at_++ = 't'; break;
      default:
        std::memcpy(at_, "u00", 3);
        at_[3] = static_cast<char>('0' + c / 16);
        at_[4] = "0123456789abcdef"[c % 16];
        at_ += 5;
    }
    return p + 1;
  }

  Target& target_;
  char* at_;
  char* end_;
  errc failure_ = errc::ok;
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
