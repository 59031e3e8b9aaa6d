// Writes the tokens of JSON into memory that a target provides: strings, integers, doubles, as nlohmann/json prints them.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/error.hpp>
#include <auditor/base/timestamp.hpp>
#include <auditor/base/utf8.hpp>
#include <auditor/impl/base/write_number.hpp>
#include <auditor/impl/json/word.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

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
      if constexpr (compact) {
        room(1);
        const auto c = static_cast<unsigned char>(*p);
        if (c < 0x20 || c >= 0x80 || c == '"' || c == '\\')
          p = escape(p, end);
        else
          *at_++ = *p++;
        continue;
      }
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
