// Characters looked at by words: each trick beside the loop that it stands for.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include <auditor/impl/json/word.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <string>

#include "catch.hpp"

namespace {

using auditor::detail::load_word;

// As many as the longest of these functions looks at; all 'x' where a test puts nothing else.
struct sixteen {
  char text[16];

  sixteen() { std::memset(text, 'x', sizeof text); }
};

bool is_digit(unsigned char c) { return c >= '0' && c <= '9'; }
bool is_stop(unsigned char c) { return c < 0x20 || c >= 0x80 || c == '"' || c == '\\'; }

// Calls `check` with each two characters at each two neighbouring places: what one byte carries or borrows, the next one gets.
template <class Check>
void each_two_neighbours(std::size_t size, const Check& check) {
  for (unsigned both = 0; both < 0x10000; ++both)
    for (std::size_t at = 0; at + 1 < size; ++at) {
      sixteen of;
      of.text[at] = static_cast<char>(both >> 8);
      of.text[at + 1] = static_cast<char>(both & 0xFF);
      check(of.text);
    }
}

template <class Is>
std::size_t first_that(const char* text, std::size_t size, const Is& is) {
  std::size_t at = 0;
  while (at < size && !is(static_cast<unsigned char>(text[at]))) ++at;
  return at;
}

// Without the macros of Catch2, of which a million take long.
void must_be(std::size_t is, std::size_t wanted, const char* text) {
  if (is != wanted) FAIL(is << " instead of " << wanted << ": " << std::string(text, 16));
}

}  // namespace

TEST_CASE("the first character that a string stops at is found, whatever is before and behind it") {
  using auditor::detail::string_block;
  each_two_neighbours(16, [](const char* text) {
    const std::uint64_t stops = auditor::detail::string_stops(load_word(text));
    must_be(stops == 0 ? 8 : auditor::detail::first_byte(stops), first_that(text, 8, is_stop), text);
    const auto of_block = string_block::stops(text);
    must_be(of_block == 0 ? string_block::size : string_block::first(of_block),
            first_that(text, string_block::size, is_stop), text);
  });
}

TEST_CASE("two words with no character that a string stops at are told from all others") {
  each_two_neighbours(16, [](const char* text) {
    must_be(auditor::detail::string_block::are_plain(load_word(text), load_word(text + 8)) ? 1 : 0,
            first_that(text, 16, is_stop) == 16 ? 1 : 0, text);
  });
  each_two_neighbours(8, [](const char* text) {
    std::uint32_t words[2];
    std::memcpy(words, text, sizeof words);
    must_be(auditor::detail::string_block::are_plain(words[0], words[1]) ? 1 : 0, first_that(text, 8, is_stop) == 8 ? 1 : 0,
            text);
  });
}

TEST_CASE("the first character that is no digit is found, whatever is before and behind it") {
  each_two_neighbours(8, [](const char* text) {
    char digits[16];
    for (std::size_t i = 0; i < sizeof digits; ++i) digits[i] = text[i] == 'x' ? '7' : text[i];
    const std::uint64_t stops = auditor::detail::not_digits(load_word(digits));
    must_be(stops == 0 ? 8 : auditor::detail::first_byte(stops),
            first_that(digits, 8, [](unsigned char c) { return !is_digit(c); }), digits);
  });
}

TEST_CASE("of sixteen characters each that is no digit has a bit, up to the first that is no ASCII") {
  each_two_neighbours(16, [](const char* text) {
    const unsigned found = auditor::detail::not_digits_of_16(text);
    const std::size_t exact = first_that(text, 16, [](unsigned char c) { return c >= 0x80; });
    for (std::size_t i = 0; i < 16 && i <= exact; ++i)
      must_be(found >> i & 1, is_digit(static_cast<unsigned char>(text[i])) ? 0 : 1, text);
  });
}

TEST_CASE("the bytes that are one character are found, every one exactly") {
  for (const unsigned char wanted : std::initializer_list<unsigned char>{'"', '\\', ' ', '{', 0x00, 0x80, 0xFF})
    each_two_neighbours(8, [wanted](const char* text) {
      const std::uint64_t found = auditor::detail::bytes_equal(load_word(text), wanted);
      for (std::size_t i = 0; i < 8; ++i)
        must_be(found >> (8 * i) & 0xFF, static_cast<unsigned char>(text[i]) == wanted ? 0x80 : 0, text);
    });
}

TEST_CASE("digits make the number that they are, whatever is behind them") {
  using auditor::detail::read_digits;
  const auto check = [](std::uint32_t number, std::size_t count) {
    sixteen of;
    std::uint32_t rest = number;
    for (std::size_t i = count; i-- != 0; rest /= 10) of.text[i] = static_cast<char>('0' + rest % 10);
    must_be(read_digits(load_word(of.text), count), number, of.text);
  };
  std::uint32_t end = 1;
  for (std::size_t count = 1; count <= 8; ++count) {
    end *= 10;
    for (std::uint32_t number = 0; number < end; number += count <= 5 ? 1 : 997) check(number, count);
    check(end - 1, count);
  }
}

TEST_CASE("a part of a word is loaded, with zeros behind it") {
  const char text[] = "\xFF\x80\x7F\x01gfedcba";
  for (std::size_t count = 1; count < 8; ++count)
    must_be(auditor::detail::load_part(text, count), load_word(text) << (8 * (8 - count)) >> (8 * (8 - count)), text);
}

TEST_CASE("what strings stop at comes in order, over blocks, and not beyond what may be looked at") {
  using auditor::detail::stops_ahead;
  if (!stops_ahead::is_there) return;
  for (std::size_t size = 0; size < 300; ++size) {
    std::string text(size, 'x');
    for (std::size_t i = 0; i < size; i += 1 + i % 37) text[i] = '"';
    const char* const end = text.data() + size;
    stops_ahead stops(text.data(), end);
    const char* wanted = text.data();
    for (const char* stop = nullptr; (stop = stops.next()) != nullptr; wanted = stop + 1) {
      must_be(first_that(wanted, static_cast<std::size_t>(end - wanted), is_stop), static_cast<std::size_t>(stop - wanted),
              "one was left out");
      must_be(end - stop > 3 ? 1 : 0, 1, "close to the end");
    }
  }
}
