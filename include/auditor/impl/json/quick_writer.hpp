// Writes the tokens of JSON where there is room for them and nothing to escape, and leaves all else to `text_writer`.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/text_buffer.hpp>
#include <auditor/base/timestamp.hpp>
#include <auditor/impl/base/write_number.hpp>
#include <auditor/impl/json/text_writer.hpp>
#include <auditor/impl/json/word.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <type_traits>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

// Two words of a text, which may overlap, to where they belong. False: there is something to escape in them.
template <class Word>
[[gnu::always_inline]] inline bool copy_two(const char* from, std::size_t second, char* to) noexcept {
  Word words[2];
  std::memcpy(&words[0], from, sizeof(Word));
  std::memcpy(&words[1], from + second, sizeof(Word));
  std::memcpy(to, &words[0], sizeof(Word));
  std::memcpy(to + second, &words[1], sizeof(Word));
  return string_block::are_plain(words[0], words[1]);
}
[[gnu::always_inline]] inline bool copy_block(const char* from, char* to) noexcept {
  std::memcpy(to, from, string_block::size);
  return string_block::stops(from) == 0;
}
[[gnu::always_inline]] inline bool copy_character(const char* from, char* to) noexcept {
  const char c = *to = *from;
  return c >= ' ' && c <= '~' && c != '"' && c != '\\';
}

// Copies a text. False: there is something to escape in it, or perhaps UTF-8. What is left behind whole blocks is copied with some of
// what is before it, once more: most texts take two copies of a fixed size and one comparison.
[[gnu::always_inline]] inline bool copy_plain(const char* from, std::size_t size, char* to) noexcept {
  if (size >= string_block::size) {
    const std::size_t last = size - string_block::size;
    for (std::size_t at = 0; at < last; at += string_block::size)
      if (!copy_block(from + at, to + at)) [[unlikely]]
        return false;
    if (!copy_block(from + last, to + last)) [[unlikely]]
      return false;
  } else if (size >= 8) {
    if (!copy_two<std::uint64_t>(from, size - 8, to)) [[unlikely]]
      return false;
  } else if (size >= 4) {
    if (!copy_two<std::uint32_t>(from, size - 4, to)) [[unlikely]]
      return false;
  } else {
    for (std::size_t at = 0; at < size; ++at)
      if (!copy_character(from + at, to + at)) [[unlikely]]
        return false;
  }
  return true;
}

// Where it stands is in registers, as all of it is inlined and nobody else knows its address; that of the buffer would be written and
// read again for each token.
class quick_writer {
 public:
  explicit quick_writer(text_buffer& to) noexcept : to_(to), at_(to.end()), limit_(to.limit()) {}

  // Nothing more is written. False: one of the values was none of JSON's.
  [[gnu::always_inline]] bool finish() noexcept {
    hand_over();
    return valid_;
  }

  template <std::size_t N>
  [[gnu::always_inline]] void literal(const char (&text)[N]) {
    if (!has_room(N - 1)) [[unlikely]]
      return slowly(&text_writer::literal, text);
    put(text);
  }

  // A literal and what stands between the quotes of a string behind it. By reference, for the view was just made, of two words: to copy it
  // as one waits until both are written.
  template <std::size_t N>
  [[gnu::always_inline]] void text(const char (&before)[N], const std::string_view& plain) {
    const std::size_t size = plain.size();
    if (!has_room(N - 1 + size) || !copy_plain(plain.data(), size, at_ + N - 1)) [[unlikely]]
      return slowly(&text_writer::text, before, plain);
    put(before);
    at_ += size;
  }

  // A literal and a number or a time behind it.
  template <std::size_t N>
  [[gnu::always_inline]] void integer(const char (&before)[N], std::int64_t value) {
    if (!has_room(N - 1 + text_writer::longest_integer)) [[unlikely]]
      return slowly(&text_writer::integer, before, value);
    put(before);
    at_ = write_integer(value, at_);
  }
  template <std::size_t N>
  [[gnu::always_inline]] void number(const char (&before)[N], const double& value) {
    if (!has_room(N - 1 + text_writer::longest_number) || !is_finite(value)) [[unlikely]]
      return slowly(&text_writer::number, before, value);
    put(before);
    at_ = write_double(value, at_);
  }
  template <std::size_t N>
  [[gnu::always_inline]] void time(const char (&before)[N], timestamp value) {
    if (!has_room(N - 1 + timestamp_capacity)) [[unlikely]]
      return slowly(&text_writer::time, before, value);
    put(before);
    at_ += write_timestamp(value, at_);
  }

 private:
  bool has_room(std::size_t most) const noexcept { return most <= static_cast<std::size_t>(limit_ - at_); }

  template <std::size_t N>
  [[gnu::always_inline]] void put(const char (&text)[N]) noexcept {
    std::memcpy(at_, text, N - 1);
    at_ += N - 1;
  }

  [[gnu::always_inline]] void hand_over() noexcept { to_.commit(static_cast<std::size_t>(at_ - to_.end())); }

  // By the function of the other writer.
  template <class... What>
  [[gnu::always_inline]] void slowly(void (text_writer::*write)(What...), const std::type_identity_t<What>&... what) {
    hand_over();
    valid_ = write_slowly(to_, write, what...) && valid_;
    at_ = to_.end();
    limit_ = to_.limit();
  }
  template <class... What>
  [[gnu::noinline]] static bool write_slowly(text_buffer& to, void (text_writer::*write)(What...),
                                             const std::type_identity_t<What>&... what) {
    text_writer out(to);
    (out.*write)(what...);
    return out.finish();
  }

  text_buffer& to_;
  char* at_;
  char* limit_;
  bool valid_ = true;
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
