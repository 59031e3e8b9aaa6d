// The double nearest to a decimal: known ones where it is hard to find, and the one that std::from_chars finds.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include <auditor/impl/json/exact_double.hpp>
#include <auditor/impl/json/number.hpp>

#include <bit>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <string_view>
#include <system_error>
#include <version>

#include "catch.hpp"

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

// Infinity: beyond the largest double.
constexpr double exact(std::string_view text) {
  const auditor::detail::decimal number = auditor::detail::take_apart(text);
  const std::uint64_t bits = number.digits == 0 ? 0 : auditor::detail::exact_double(number);
  return bits < auditor::detail::infinite_double ? std::bit_cast<double>(bits) : infinity;
}
static_assert(exact("0.1") == 0.1);

// What a reader of JSON makes of it, by whatever the standard library has.
double read(const std::string& text) {
  double value = 0;
  return auditor::detail::to_double(auditor::detail::take_apart(text), text, value) ? value : infinity;
}

struct known {
  std::string text;
  double value;
};
const std::string zeros(400, '0');
const known hard_cases[] = {
    {"0", 0},
    {"0.000e-99999999999999", 0},
    {"0e99999999999999", 0},
    {"1", 1},
    {"0.3", 0.3},
    {"9.2", 9.2},
    {"123456789012345678", 123456789012345680.0},
    {"0.1000000000000000055511151231257827021181583404541015625", 0.1},
    // Halfway between two doubles: to the even one, and whatever follows, however far behind, lifts it.
    {"9007199254740993", 9007199254740992.0},
    {"9007199254740993.0", 9007199254740992.0},
    {"9007199254740993." + zeros, 9007199254740992.0},
    {"9007199254740993." + zeros + zeros + zeros, 9007199254740992.0},
    {"9007199254740993." + zeros + zeros + zeros + "1", 9007199254740994.0},
    {"9007199254740992.999999999999999999999999999999", 9007199254740992.0},
    {"9007199254740995", 9007199254740996.0},
    {"1.00000000000000011102230246251565404236316680908203125", 1},
    {"1.00000000000000011102230246251565404236316680908203124", 1},
    {"1.00000000000000011102230246251565404236316680908203126", 1.0000000000000002},
    {"1.00000000000000033306690738754696212708950042724609375", 1.0000000000000004},
    // Carried into the next power of two.
    {"18014398509481983.99999", 18014398509481984.0},
    {"0.99999999999999999999999999999", 1},
    // The smallest: normal, subnormal, half of the last one, and nothing.
    {"2.2250738585072014e-308", std::numeric_limits<double>::min()},
    {"2.2250738585072011e-308", 2.225073858507201e-308},
    {"2.2250738585072012e-308", std::numeric_limits<double>::min()},
    {"5e-324", std::numeric_limits<double>::denorm_min()},
    {"4.9406564584124654e-324", std::numeric_limits<double>::denorm_min()},
    {"2.4703282292062328e-324", std::numeric_limits<double>::denorm_min()},
    {"2.4703282292062327e-324", 0},
    {"7.4109846876186982e-324", 2 * std::numeric_limits<double>::denorm_min()},
    {"7.4109846876186981e-324", std::numeric_limits<double>::denorm_min()},
    {"1e-323", 2 * std::numeric_limits<double>::denorm_min()},
    {"9e-325", 0},
    {"1e-400", 0},
    {"1e-99999999999999", 0},
    {"0." + zeros + "1e400", 0.1},
    // The largest, and what rounds to it.
    {"1.7976931348623157e308", std::numeric_limits<double>::max()},
    {"1.7976931348623158e308", std::numeric_limits<double>::max()},
    {"1.7976931348623159e308", infinity},
    {"179769313486231580793728971405301e276", std::numeric_limits<double>::max()},
    {"1.8e308", infinity},
    {"1e309", infinity},
    {"1e310", infinity},
    {"1e99999999999999", infinity},
    {"1" + zeros, infinity},
    {"1" + zeros + "e-400", 1},
    {"8.98846567431158e307", 8.98846567431158e307},
    {"3.5844466002796428e+298", 3.5844466002796428e+298},
};

}  // namespace

TEST_CASE("a decimal becomes the double nearest to it, and of two as near the even one") {
  for (const known& each : hard_cases) {
    INFO(each.text);
    CHECK(exact(each.text) == each.value);
    CHECK(read(each.text) == each.value);
    CHECK(read("-" + each.text) == (each.value == infinity ? infinity : -each.value));
  }
}

#ifdef __cpp_lib_to_chars
static void compare_with_from_chars(int count) {
  const auto standard = [](const std::string& text) {
    double value = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
    return parsed.ec == std::errc() ? value : -1;
  };
  std::mt19937_64 random(4'711);
  const auto compare = [&](const std::string& text) {
    const double expected = standard(text);
    if (expected >= 0 && exact(text) != expected) FAIL_CHECK(text << " is " << exact(text) << ", not " << expected);
  };
  for (int i = 0; i < 10 * count; ++i) {
    const auto pattern = random() >> 1;
    if (pattern >= std::bit_cast<std::uint64_t>(infinity)) continue;
    const auto value = std::bit_cast<double>(pattern);
    char text[1'200];
    // In as few digits as it has, in 17, and cut anywhere.
    compare({text, std::to_chars(text, text + sizeof text, value).ptr});
    compare({text, std::to_chars(text, text + sizeof text, value, std::chars_format::scientific, 16).ptr});
    const int digits = 1 + static_cast<int>(random() % 40);
    compare({text, std::to_chars(text, text + sizeof text, value, std::chars_format::scientific, digits).ptr});
  }
  for (int i = 0; i < count; ++i) {
    const auto pattern = (random() >> 12) + (std::uint64_t{1'023 - 60 + random() % 120} << 52);
    const auto value = std::bit_cast<double>(pattern), next = std::bit_cast<double>(pattern + 1);
    // Between it and the next one, in all digits, and a little more.
    const long double middle = (static_cast<long double>(value) + static_cast<long double>(next)) / 2;
    if (middle == value) break;  // where a long double is a double
    char text[1'200];
    const std::string exactly(text, std::to_chars(text, text + sizeof text, middle, std::chars_format::fixed).ptr);
    char all[1'200];
    const std::string in_all(all, std::to_chars(all, all + sizeof all, middle, std::chars_format::fixed, 140).ptr);
    compare(exactly);
    compare(in_all);
    compare(in_all + "1");
  }
}
TEST_CASE("a decimal becomes the double that std::from_chars makes of it") { compare_with_from_chars(400); }
TEST_CASE("each of many decimals becomes the double that std::from_chars makes of it", "[deep]") {
  compare_with_from_chars(2'000);
}
#endif
