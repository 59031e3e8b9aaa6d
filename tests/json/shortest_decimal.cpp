// Doubles by long integers: written as the standard library writes them, and read back, at every place where that is hard.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include <auditor/impl/base/shortest_decimal.hpp>
#include <auditor/impl/base/write_number.hpp>
#include <auditor/impl/json/decimal.hpp>
#include <auditor/impl/json/exact_double.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>

#include "catch.hpp"
#include "documents.hpp"

namespace {

constexpr std::uint64_t infinity = auditor::detail::infinite_double;

std::string text_of(const auditor::detail::short_decimal& number) {
  char text[32];
  return {text, static_cast<std::size_t>(auditor::detail::write_decimal(number, text) - text)};
}

std::uint64_t read(std::string_view text) {
  const auditor::detail::decimal number = auditor::detail::take_apart(text);
  return number.digits == 0 ? 0 : auditor::detail::exact_double(number);
}

void check(std::uint64_t bits) {
  if (bits >= infinity) return;
  const std::string text = text_of(auditor::detail::shortest_decimal(bits));
  const std::string expected = text_of(auditor::detail::printed_decimal(std::bit_cast<double>(bits)));
  if (text != expected) FAIL_CHECK(text << " instead of " << expected);
  if (read(text) != bits) FAIL_CHECK(text << " is read as another double");
}

void check_around(std::uint64_t bits, int apart) {
  for (int i = -apart; i <= apart; ++i) check(bits + static_cast<std::uint64_t>(i));
}

}  // namespace

TEST_CASE("long integers write zero, the smallest and the largest doubles") {
  check(0);
  check_around(4, 3);                            // subnormal
  check_around(std::uint64_t{1} << 52, 3);       // the smallest normal one
  check_around(infinity - 4, 3);                 // the largest
  check_around(std::uint64_t{1'075} << 52, 40);  // 2^52, then 2^53: where doubles begin to leave out integers
  check_around(std::uint64_t{1'076} << 52, 40);
  // As near to two decimals of the fewest digits.
  check(std::bit_cast<std::uint64_t>(1'125'899'906'842'624.25));
  check(std::bit_cast<std::uint64_t>(1'125'899'906'842'624.75));
}

TEST_CASE("long integers write doubles around each power of two") {
  for (std::uint64_t exponent = 0; exponent < 2'047; ++exponent) {
    check_around((exponent << 52) + 1, 2);
    check((exponent << 52) + (std::uint64_t{1} << 51));
  }
  for (std::uint64_t bit = 1; bit < std::uint64_t{1} << 52; bit *= 2) check_around(bit + 1, 2);
}

TEST_CASE("long integers write doubles around each power of ten") {
  for (int power = -323; power <= 308; ++power)
    for (const char* const digits : {"1", "5", "9", "9.5"}) check_around(read(digits + ("e" + std::to_string(power))), 2);
}

TEST_CASE("long integers write the doubles that people and machines write") {
  std::mt19937_64 random(7);
  for (int i = 0; i < 5'000; ++i) {
    check(random() >> 1);
    check(std::bit_cast<std::uint64_t>(static_cast<double>(random() % 1'000'000'000) / 1'000));
    check(std::bit_cast<std::uint64_t>(static_cast<double>(random() >> (1 + i % 62))));
  }
  std::size_t numbers = 0;
  for (const std::string& document : documents::all()) {
    constexpr std::string_view inside = "0123456789.eE+-";
    for (std::size_t at = 0; (at = document.find("\"value\":", at)) != std::string::npos; ++numbers) {
      at += sizeof "\"value\":" - 1;
      const std::string_view text(document.data() + at, document.find_first_not_of(inside, at) - at);
      if (!text.empty()) check(read(text));
    }
  }
  CHECK(numbers > 0);
}
