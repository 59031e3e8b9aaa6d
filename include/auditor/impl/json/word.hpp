// Eight or sixteen characters at a time: which of them a scanner has to stop at, and what number digits make.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/timestamp.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

// Words are as `load_word` makes them: the first character in the lowest byte. Masks have the top bit of a byte set for
// each character found. tests/json/word.cpp puts each two characters at each two places, and compares with a loop.
inline constexpr std::uint64_t byte_ones = 0x0101010101010101u;
inline constexpr std::uint64_t byte_tops = 0x8080808080808080u;

constexpr std::uint64_t repeat_byte(unsigned char c) noexcept { return byte_ones * c; }

constexpr std::size_t first_byte(std::uint64_t mask) noexcept { return static_cast<unsigned>(std::countr_zero(mask)) / 8; }

// Where a string cannot just be copied: quote, backslash, control character, byte of UTF-8. To take n from a byte sets its top
// bit if it is below n, but borrows from the byte above, too, so that only the lowest find counts: all that a scanner wants.
constexpr std::uint64_t string_stops(std::uint64_t word) noexcept {
  const std::uint64_t folded = word ^ repeat_byte(2);  // makes the quote 0x20, which is next to the control characters
  return ((folded - repeat_byte(0x21)) | ((word ^ repeat_byte('\\')) - byte_ones) | word) & byte_tops;
}

// Sixteen characters as the processor takes them at once, where it does; and a bit for each byte whose top bit is set.
#if defined(__SSE2__) && !defined(__CHAR_UNSIGNED__) && !AUDITOR_COMPACT
#define AUDITOR_SSE2 1
using sixteen_characters [[gnu::vector_size(16)]] = char;

inline sixteen_characters characters_of_16(const char* at) noexcept {
  sixteen_characters all;
  std::memcpy(&all, at, sizeof all);
  return all;
}
inline unsigned bits_of_16(sixteen_characters mask) noexcept {
  return static_cast<unsigned>(__builtin_ia32_pmovmskb128(mask));
}
#else
#define AUDITOR_SSE2 0
constexpr unsigned bits_of_16(std::uint64_t first, std::uint64_t second) noexcept {
  // The top bits of eight bytes into the highest one: bit 8 i + 7 times bit 7 (7 - i) is bit 56 + i, and no two products meet.
  constexpr std::uint64_t gather = 0x0002040810204081u;
  return static_cast<unsigned>((first & byte_tops) * gather >> 56 | ((second & byte_tops) * gather >> 56) << 8);
}
#endif

// The same of as many characters as the processor takes at once: a bit set for each find, of which the lowest counts.
struct string_block {
#if AUDITOR_SSE2
  static constexpr std::size_t size = 16;

  static unsigned stops(const char* at) noexcept { return stops_in(characters_of_16(at)); }
  // Two words as they are in memory: is there no stop in them?
  static bool are_plain(std::uint64_t first, std::uint64_t second) noexcept {
    using words [[gnu::vector_size(16)]] = std::uint64_t;
    return stops_in(reinterpret_cast<sixteen_characters>(words{first, second})) == 0;
  }
  static bool are_plain(std::uint32_t first, std::uint32_t second) noexcept {
    using words [[gnu::vector_size(16)]] = std::uint32_t;
    return stops_in(reinterpret_cast<sixteen_characters>(words{first, second, first, second})) == 0;
  }
  static unsigned stops_in(sixteen_characters all) noexcept {
    // As above; the bytes of UTF-8 are negative, and a backslash is no control character.
    return bits_of_16(((all ^ '\2') > ' ') ^ (all == '\\')) ^ 0xFFFFu;
  }
  static unsigned first(unsigned stops) noexcept { return static_cast<unsigned>(std::countr_zero(stops)); }
#else
  static constexpr std::size_t size = 8;

  static std::uint64_t stops(const char* at) noexcept { return string_stops(load_word(at)); }
  static bool are_plain(std::uint64_t first, std::uint64_t second) noexcept {
    return (string_stops(first) | string_stops(second)) == 0;
  }
  static bool are_plain(std::uint32_t first, std::uint32_t second) noexcept {
    return string_stops(first | std::uint64_t{second} << 32) == 0;
  }
  static std::size_t first(std::uint64_t stops) noexcept { return first_byte(stops); }
#endif
};

// The characters of a text at which strings stop, one after the other, where a processor takes 16 of them at once. All of the next 64 are
// found together: so the end of a string is known without that of the one before it, for which the processor would have to wait.
class stops_ahead {
 public:
  static constexpr bool is_there = string_block::size == 16;

  // Of the text from there on.
  stops_ahead(const char* from, const char* end) noexcept : block_(from), next_(from), end_(end) {}

  // Behind it there are three more characters. Null: there is none, or only close to the end of the text.
  [[gnu::always_inline]] const char* next() noexcept {
    if (!find()) return nullptr;
    const char* const stop = block_ + std::countr_zero(stops_);
    stops_ &= stops_ - 1;
    return stop;
  }
  // Where it is not of interest.
  [[gnu::always_inline]] void skip() noexcept {
    if (find()) stops_ &= stops_ - 1;
  }

 private:
  [[gnu::always_inline]] bool find() noexcept {
    while (stops_ == 0) {
      if (end_ - next_ < 64 + 3) return false;
      block_ = next_;
      next_ += 64;
      for (unsigned i = 0; i < 64; i += 16) stops_ |= std::uint64_t{string_block::stops(block_ + i)} << i;
    }
    return true;
  }

  const char* block_;
  const char* next_;
  const char* end_;
  std::uint64_t stops_ = 0;  // in the block
};

// The bytes that are `c`, every bit exact: in the low seven bits of a byte nothing carries into the next.
constexpr std::uint64_t bytes_equal(std::uint64_t word, unsigned char c) noexcept {
  const std::uint64_t difference = word ^ repeat_byte(c);
  return ~(((difference & ~byte_tops) + ~byte_tops) | difference | ~byte_tops);
}

// The bytes that are not decimal digits; the lowest bit is exact. A digit becomes 0 .. 9, and 0x76 more set the top bit from 10 on; only
// what is no ASCII carries into the next byte.
constexpr std::uint64_t not_digits(std::uint64_t word) noexcept {
  const std::uint64_t digits = word ^ repeat_byte('0');
  return ((digits + repeat_byte(0x76)) | digits) & byte_tops;
}

// Of the next 16 characters which are no digits: a bit for each, right up to the first that is no ASCII.
inline unsigned not_digits_of_16(const char* at) noexcept {
#if AUDITOR_SSE2
  const sixteen_characters digits = characters_of_16(at) ^ '0';
  return bits_of_16((digits > 9) | digits);  // what is no ASCII is negative
#else
  return bits_of_16(not_digits(load_word(at)), not_digits(load_word(at + 8)));
#endif
}

// The first one to seven characters of a word, and zeros behind them.
inline std::uint64_t load_part(const char* from, std::size_t count) noexcept {
  const auto byte = [from](std::size_t i) { return std::uint64_t{static_cast<unsigned char>(from[i])} << (8 * i); };
  if (std::endian::native == std::endian::little && count >= 4) {  // two halves, which may overlap
    std::uint32_t first = 0;
    std::uint32_t last = 0;
    std::memcpy(&first, from, 4);
    std::memcpy(&last, from + count - 4, 4);
    return first | std::uint64_t{last} << (8 * (count - 4));
  }
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < count; ++i) word |= byte(i);
  return word;
}

// How long the well-formed sequence of UTF-8 is that begins a word with a byte above 7F; 0: there is none.
constexpr std::size_t utf8_length(std::uint64_t word) noexcept {
  // The lead byte is the lowest. First the bits that say what kind of bytes these are, then those that are all 0 where one byte less
  // would do. tests/json/record_encoder.cpp compares it with `utf8_sequence_length`.
  if ((word & 0xC0E0) == 0x80C0) return (word & 0x001E) != 0 ? 2 : 0;
  if ((word & 0xC0C0F0) == 0x8080E0) return (word & 0x200F) != 0 && (word & 0x200F) != 0x200D ? 3 : 0;  // ... no surrogate
  if ((word & 0xC0C0C0F8) != 0x808080F0) return 0;
  const std::uint64_t plane = (word & 0x07) << 2 | (word >> 12 & 0x03);
  return plane != 0 && plane <= 16 ? 4 : 0;
}

inline void store_word(std::uint64_t word, char* to) noexcept {
  if constexpr (std::endian::native == std::endian::little) {
    std::memcpy(to, &word, sizeof word);
  } else {
    for (std::size_t i = 0; i < sizeof word; ++i) to[i] = static_cast<char>(word >> (8 * i));
  }
}

// The number that the first `count` characters make, 1 to 8 digits.
constexpr std::uint32_t read_digits(std::uint64_t word, std::size_t count) noexcept {
  std::uint64_t digits = (word ^ repeat_byte('0')) << (64 - 8 * count);  // leading zeros
  digits = digits * 10 + (digits >> 8);  // bytes 0, 2, 4 and 6: what each two digits make, 99 at most
  // The higher half of the first product is byte 0 times 1'000'000 and byte 4 times 100, that of the second byte 2 times 10'000 and
  // byte 6. The lower halves are less than 10'000 and carry nothing into them.
  constexpr std::uint64_t pairs = 0x000000FF000000FFu;
  return static_cast<std::uint32_t>(((digits & pairs) * (100 + (std::uint64_t{1'000'000} << 32)) +
                                     ((digits >> 16) & pairs) * (1 + (std::uint64_t{10'000} << 32))) >>
                                    32);
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor

#undef AUDITOR_SSE2
