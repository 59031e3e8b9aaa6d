// Bodies of sandbox/numbers.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/sandbox/numbers.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail::sandboxed {

AUDITOR_DECL decimal to_decimal(double value) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, std::fabs(value), std::chars_format::scientific).ptr;
  const std::string_view scientific(text, static_cast<std::size_t>(end - text));
  const std::size_t e = scientific.find('e');
  decimal d;
  d.negative = std::signbit(value);
  for (const char c : scientific.substr(0, e))
    if (c != '.') d.digits += c;
  while (d.digits.size() > 1 && d.digits.back() == '0') d.digits.pop_back();
  const std::string_view exponent = scientific.substr(e + 1);
  int power = 0;
  std::from_chars(exponent.data() + (exponent[0] == '+' ? 1 : 0), exponent.data() + exponent.size(), power);
  d.point = power + 1;
  return d;
}

AUDITOR_DECL std::string print_plain(const decimal& d, int fraction) {
  std::string text = d.negative ? "-" : "";
  const int size = static_cast<int>(d.digits.size());
  if (d.point <= 0) {
    text += "0";
  } else {
    text.append(d.digits, 0, static_cast<std::size_t>(d.point));
    if (d.point > size) text.append(static_cast<std::size_t>(d.point - size), '0');
  }
  const int behind = size > d.point ? size - d.point : 0;
  if (behind == 0 && fraction == 0) return text;
  text += ".";
  if (d.point < 0) text.append(static_cast<std::size_t>(-d.point), '0');
  if (behind > 0) text.append(d.digits, static_cast<std::size_t>(d.point > 0 ? d.point : 0), std::string::npos);
  if (behind < fraction) text.append(static_cast<std::size_t>(fraction - behind), '0');
  return text;
}

AUDITOR_DECL std::string print_json(double value) {
  decimal d = to_decimal(value);
  if (d.point > -5 && d.point <= 16) return print_plain(d, 1);
  std::string text = d.negative ? "-" : "";
  text += d.digits[0];
  if (d.digits.size() > 1) text.append(".").append(d.digits, 1, std::string::npos);
  return text + (d.point > 0 ? "e+" : "e") + std::to_string(d.point - 1);
}

AUDITOR_DECL std::string print_type(const number& n) {
  if (n.kind == number::form::natural) return "integer `" + std::to_string(n.natural) + "`";
  if (n.kind == number::form::negative) return "integer `" + std::to_string(n.negative) + "`";
  return "floating point `" + print_json(n.value) + "`";
}

AUDITOR_DECL number_reader::number_reader(std::string_view text, std::size_t begin) noexcept : text_(text), i_(begin) {}

AUDITOR_DECL std::optional<number> number_reader::read() {
  positive_ = peek() != '-';
  if (!positive_) ++i_;
  if (i_ >= text_.size()) return fail("EOF while parsing a value", 0);
  if (!is_digit()) return fail("invalid number", 1);
  std::uint64_t significand = 0;
  const std::size_t first = i_;
  for (; is_digit(); ++i_) {
    if (i_ > first && text_[first] == '0') return fail("invalid number", 1);
    if (would_overflow(significand)) return read_long_integer(significand);
    significand = significand * 10 + digit();
  }
  if (peek() == '.') return read_fraction(significand, 0);
  if ((peek() | 32) == 'e') return read_exponent(significand, 0);
  number n;
  n.natural = significand;
  n.value = static_cast<double>(significand);
  if (positive_) return n;
  constexpr std::uint64_t lowest = std::uint64_t{1} << 63;
  n.value = -n.value;
  n.kind = significand == 0 || significand > lowest ? number::form::real : number::form::negative;
  if (n.kind == number::form::negative) n.negative = static_cast<std::int64_t>(~significand + 1);
  return n;
}

AUDITOR_DECL bool number_reader::would_overflow(std::uint64_t significand) const noexcept {
  constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
  return significand > most / 10 || (significand == most / 10 && digit() > most % 10);
}

AUDITOR_DECL std::nullopt_t number_reader::fail(std::string_view problem, std::size_t further) noexcept {
  problem_ = problem;
  i_ += further;
  return std::nullopt;
}

AUDITOR_DECL std::optional<number> number_reader::read_long_integer(std::uint64_t significand) {
  int exponent = 0;
  for (; is_digit(); ++i_) ++exponent;
  if (peek() == '.') return read_fraction(significand, exponent);
  if ((peek() | 32) == 'e') return read_exponent(significand, exponent);
  return scale(significand, exponent);
}

AUDITOR_DECL std::optional<number> number_reader::read_fraction(std::uint64_t significand, int exponent) {
  const std::size_t first = ++i_;
  for (; is_digit(); ++i_) {
    if (would_overflow(significand)) {
      while (is_digit()) ++i_;
      break;
    }
    significand = significand * 10 + digit();
    --exponent;
  }
  if (i_ == first) return fail(i_ < text_.size() ? "invalid number" : "EOF while parsing a value", 1);
  if ((peek() | 32) == 'e') return read_exponent(significand, exponent);
  return scale(significand, exponent);
}

AUDITOR_DECL std::optional<number> number_reader::read_exponent(std::uint64_t significand, int exponent) {
  constexpr std::int64_t most = std::numeric_limits<std::int32_t>::max();
  ++i_;
  const bool negative = peek() == '-';
  if (negative || peek() == '+') ++i_;
  if (i_ >= text_.size()) return fail("EOF while parsing a value", 0);
  if (!is_digit()) return fail("invalid number", 1);
  std::int64_t power = 0;
  while (is_digit()) {
    power = power * 10 + static_cast<std::int64_t>(digit());
    ++i_;
    if (power <= most) continue;
    if (significand != 0 && !negative) return fail("number out of range", 0);
    while (is_digit()) ++i_;
    return real(0);
  }
  const std::int64_t sum = exponent + (negative ? -power : power);
  return scale(significand, static_cast<int>((std::clamp)(sum, -most, most)));
}

AUDITOR_DECL std::optional<number> number_reader::scale(std::uint64_t significand, int exponent) {
  double value = static_cast<double>(significand);
  while (exponent < -308 || exponent > 308) {
    if (value == 0) return real(0);
    if (exponent > 0) return fail("number out of range", 0);
    value /= 1e308;
    exponent += 308;
  }
  const double power = power_of_ten(exponent < 0 ? -exponent : exponent);
  value = exponent >= 0 ? value * power : value / power;
  if (std::isinf(value)) return fail("number out of range", 0);
  return real(value);
}

AUDITOR_DECL double number_reader::power_of_ten(int exponent) {
  static constexpr double exact[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                     1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
  if (exponent < static_cast<int>(std::size(exact))) return exact[exponent];
  // libc++ has no from_chars of doubles. No locale writes this in another way.
  return std::strtod(("1e" + std::to_string(exponent)).c_str(), nullptr);
}

AUDITOR_DECL number number_reader::real(double value) const noexcept {
  number n;
  n.kind = number::form::real;
  n.value = positive_ ? value : -value;
  return n;
}

AUDITOR_DECL std::optional<double> read_back(double value) {
  if (value == 0) return 0.0;
  const decimal d = to_decimal(value);
  const bool plain = d.point > -5 && d.point <= 16;
  const auto again = number_reader(print_plain(d, plain ? 1 : 0)).read();
  if (!again) return std::nullopt;
  return again->value;
}

}  // namespace detail::sandboxed
}  // namespace AUDITOR_ABI
}  // namespace auditor
