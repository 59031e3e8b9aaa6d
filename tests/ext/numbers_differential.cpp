// Random doubles by long integers, by the standard library and by nlohmann/json: the same digits, and the same doubles of them.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include <auditor/impl/base/shortest_decimal.hpp>
#include <auditor/impl/base/write_number.hpp>
#include <auditor/impl/json/decimal.hpp>
#include <auditor/impl/json/exact_double.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <random>
#include <string>

#include "catch.hpp"

namespace {

std::uint64_t read(const std::string& text) {
  const auditor::detail::decimal number = auditor::detail::take_apart(text);
  return number.digits == 0 ? 0 : (std::min)(auditor::detail::exact_double(number), auditor::detail::infinite_double);
}

std::string text_of(const auditor::detail::short_decimal& number) {
  char text[32];
  return {text, static_cast<std::size_t>(auditor::detail::write_decimal(number, text) - text)};
}

// One double of any size, then one of those that are not far from 1.
void compare(std::uint64_t seed, int pairs) {
  std::mt19937_64 random(seed);
  for (int i = 0; i < 2 * pairs; ++i) {
    const std::uint64_t bits = i % 2 == 0 ? random() >> 1 : random() >> 12 | (1'023 - 30 + random() % 90) << 52;
    if (bits >= auditor::detail::infinite_double) continue;
    const auto value = std::bit_cast<double>(bits);
    const std::string text = text_of(auditor::detail::shortest_decimal(bits));
    if (text != text_of(auditor::detail::printed_decimal(value))) FAIL(text << " is written in another way");
    if (read(text) != bits) FAIL(text << " is read as another double");

    // More digits, or too few: what the C library makes of them is correctly rounded, and nlohmann/json calls it.
    char cut[1'200];
    const int digits = i % 8 == 0 ? static_cast<int>(random() % 800) : static_cast<int>(random() % 30);
    const std::string another(cut, static_cast<std::size_t>(std::snprintf(cut, sizeof cut, "%.*e", digits, value)));
    const std::uint64_t expected = std::bit_cast<std::uint64_t>(std::strtod(another.c_str(), nullptr));
    if (read(another) != expected) FAIL(another << " is read as another double");
    if (i % 16 < 2 && expected < auditor::detail::infinite_double) {
      if (std::bit_cast<std::uint64_t>(nlohmann::json::parse(another).get<double>()) != expected) FAIL(another);
      if (std::bit_cast<std::uint64_t>(nlohmann::json::parse(text).get<double>()) != bits) FAIL(text);
      if (read(nlohmann::json(value).dump()) != bits) FAIL(text << ", as nlohmann/json writes it");
    }
  }
  SUCCEED();
}

}  // namespace

TEST_CASE("40,000 doubles are written and read by long integers as by everybody else") { compare(1, 20'000); }
TEST_CASE("2.5 million doubles are written and read by long integers as by everybody else", "[deep]") {
  compare(2, 1'250'000);
}
TEST_CASE("10 million doubles are written and read by long integers as by everybody else", "[deep][long]") {
  compare(3, 5'000'000);
}
