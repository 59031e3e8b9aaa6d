// UTF-8: the valid prefix ends at the first byte that is wrong, whatever surrounds it; blank is what Unicode calls white
// space. SPDX-License-Identifier: MIT OR Apache-2.0
#include <auditor/base/utf8.hpp>

#include <cstdint>
#include <string>
#include <string_view>

#include "catch.hpp"

using auditor::append_utf8;
using auditor::count_code_points;
using auditor::is_blank;
using auditor::is_utf8;
using auditor::valid_utf8_prefix;

namespace {

std::string encoded(char32_t code_point) {
  char bytes[4];
  return {bytes, append_utf8(code_point, bytes)};
}

// The definition of RFC 3629, written as arithmetic on the decoded number instead of ranges of bytes.
bool is_one_character(std::string_view bytes) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[i])); };
  const std::uint32_t lead = byte(0);
  const std::size_t length = lead < 0x80 ? 1 : lead >> 5 == 6 ? 2 : lead >> 4 == 14 ? 3 : lead >> 3 == 30 ? 4 : 0;
  if (length != bytes.size()) return false;
  std::uint32_t number = length == 1 ? lead : lead & (0x7Fu >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if (byte(i) >> 6 != 2) return false;
    number = number * 64 + (byte(i) & 63);
  }
  constexpr std::uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  return number >= least[length] && number <= 0x10FFFF && (number < 0xD800 || number > 0xDFFF);
}

}  // namespace

TEST_CASE("every character is encoded, valid and counted as one") {
  for (char32_t c = 0; c <= 0x10FFFF; ++c) {
    if (c == 0xD800) c = 0xE000;
    const std::string text = encoded(c);
    if (!is_one_character(text) || !is_utf8(text) || count_code_points(text) != 1) FAIL(static_cast<std::uint32_t>(c));
    if (auditor::detail::utf8_at(text.data(), text.size()).code_point != c) FAIL(static_cast<std::uint32_t>(c));
  }
}

TEST_CASE("of all sequences of one, two and three bytes the valid ones are those of the definition") {
  std::string text;
  for (std::uint32_t bytes = 0; bytes < 1u << 24; ++bytes) {
    const std::uint32_t length = bytes < 1u << 8 ? 1 : bytes < 1u << 16 ? 2 : 3;
    if (length == 3 && (bytes >> 16) < 0xC0) continue;
    text.clear();
    for (std::uint32_t i = length; i-- > 0;) text += static_cast<char>(bytes >> (8 * i) & 0xFF);
    const bool one = auditor::detail::utf8_sequence_length(text, 0) == length;
    if (one != is_one_character(text)) FAIL(bytes);
  }
}

TEST_CASE("sequences of four bytes end at 10FFFF and have no shorter form") {
  std::string text(4, '\0');
  for (int a = 0xEF; a < 0x100; ++a)
    for (int b = 0x7F; b < 0xC1; ++b)
      for (const int c : {0x7F, 0x80, 0xBF, 0xC0})
        for (const int d : {0x7F, 0x80, 0xBF, 0xC0}) {
          text = {static_cast<char>(a), static_cast<char>(b), static_cast<char>(c), static_cast<char>(d)};
          if ((auditor::detail::utf8_sequence_length(text, 0) == 4) != is_one_character(text)) FAIL(a << ' ' << b);
        }
}

TEST_CASE("the valid prefix ends where the text goes wrong, at every place of a word") {
  for (const std::string_view bad : {"\x80", "\xC0\x80", "\xC3", "\xE2\x82", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xFF"}) {
    for (std::size_t before = 0; before < 20; ++before) {
      for (std::size_t after = 0; after < 20; ++after) {
        const std::string start = std::string(before, 'a') + (before % 3 == 0 ? "\xC3\xA9" : "");
        const std::string text = start + std::string(bad) + std::string(after, 'b');
        if (valid_utf8_prefix(text) != start.size()) FAIL(before << ' ' << after);
      }
    }
  }
  CHECK(valid_utf8_prefix("") == 0);
  CHECK(valid_utf8_prefix({}) == 0);
  CHECK(is_utf8(std::string(100, 'x') + "\xF0\x9F\x98\x80" + std::string(100, 'y')));
  CHECK(is_utf8(std::string_view("a\0b", 3)));
}

TEST_CASE("code points are counted, not bytes") {
  CHECK(count_code_points("") == 0);
  CHECK(count_code_points("abc") == 3);
  CHECK(count_code_points("\xC3\xA9t\xC3\xA9") == 3);
  CHECK(count_code_points("\xF0\x9F\x98\x80") == 1);
  CHECK(count_code_points("e\xCC\x81") == 2);
}

TEST_CASE("blank is nothing but Unicode white space") {
  const char32_t spaces[] = {0x09,   0x0A,   0x0B,   0x0C,   0x0D,   0x20,   0x85,   0xA0,   0x1680,
                             0x2000, 0x2001, 0x2002, 0x2003, 0x2004, 0x2005, 0x2006, 0x2007, 0x2008,
                             0x2009, 0x200A, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000};
  std::string all;
  for (const char32_t c : spaces) {
    CHECK(is_blank(encoded(c)));
    all += encoded(c);
  }
  CHECK(is_blank(all));
  CHECK(is_blank(""));
  CHECK_FALSE(is_blank(all + "x"));
  CHECK_FALSE(is_blank("x" + all));
  std::uint32_t count = 0;
  for (char32_t c = 0; c <= 0x10FFFF; ++c) {
    if (c == 0xD800) c = 0xE000;
    count += is_blank(encoded(c)) ? 1 : 0;
  }
  CHECK(count == std::size(spaces));
}

TEST_CASE("zero width and control characters are not white space, nor are invalid bytes") {
  for (const std::string_view text :
       {"\xE2\x80\x8B", "\xEF\xBB\xBF", "\xE2\x81\xA0", "\x01", "\x1F", "\x7F", "\xA0", "\x85", "\xE2\x80"})
    CHECK_FALSE(is_blank(text));
  CHECK_FALSE(is_blank(std::string_view("\0", 1)));
}
