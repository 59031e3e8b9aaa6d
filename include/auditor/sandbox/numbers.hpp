// Numbers as the server reads and writes them: its parser is not correctly rounded, and the database writes all digits out.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/config.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail::sandboxed {

/// A JSON number as the server's parser sees it.
struct number {
  enum class form { natural, negative, real } kind = form::natural;
  std::uint64_t natural = 0;
  std::int64_t negative = 0;
  double value = 0;  ///< of every form
};

/// The decimal form of a double: the fewest digits that are still this double, and where the point is.
struct decimal {
  bool negative = false;
  std::string digits;  ///< without zeros at either end; "0" for zero
  int point = 1;       ///< so many digits are before the decimal point
};

inline decimal to_decimal(double value) {
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

/// All digits, no exponent: `0.001`, `1000`; at least `fraction` digits after the point.
inline std::string print_plain(const decimal& d, int fraction) {
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

/// As in the server's JSON: `9.0`, `0.001`, `1e+16`, `5e-324`.
inline std::string print_json(double value) {
  decimal d = to_decimal(value);
  if (d.point > -5 && d.point <= 16) return print_plain(d, 1);
  std::string text = d.negative ? "-" : "";
  text += d.digits[0];
  if (d.digits.size() > 1) text.append(".").append(d.digits, 1, std::string::npos);
  return text + (d.point > 0 ? "e+" : "e") + std::to_string(d.point - 1);
}

/// As in the server's error messages: all digits and no `.0`.
inline std::string print_display(double value) { return print_plain(to_decimal(value), 0); }

/// A number as the server's error messages describe it: `floating point `1.0``.
inline std::string print_type(const number& n) {
  if (n.kind == number::form::natural) return "integer `" + std::to_string(n.natural) + "`";
  if (n.kind == number::form::negative) return "integer `" + std::to_string(n.negative) + "`";
  return "floating point `" + print_json(n.value) + "`";
}

/// Reads a JSON number with the server's own rounding; nothing when it is none or out of range, see `problem` then.
class number_reader {
 public:
  explicit number_reader(std::string_view text, std::size_t begin = 0) noexcept : text_(text), i_(begin) {}

  /// Behind the number, or where the server says that the problem is.
  std::size_t place() const noexcept { return (std::min)(i_, text_.size()); }
  std::string_view problem() const noexcept { return problem_; }

  std::optional<number> read() {
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

 private:
  char peek() const noexcept { return i_ < text_.size() ? text_[i_] : '\0'; }
  bool is_digit() const noexcept { return peek() >= '0' && peek() <= '9'; }
  std::uint64_t digit() const noexcept { return static_cast<std::uint64_t>(peek() - '0'); }
  bool would_overflow(std::uint64_t significand) const noexcept {
    constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
    return significand > most / 10 || (significand == most / 10 && digit() > most % 10);
  }
  // The server names the place behind what it took, or, having only looked, one further.
  std::nullopt_t fail(std::string_view problem, std::size_t further) noexcept {
    problem_ = problem;
    i_ += further;
    return std::nullopt;
  }

  std::optional<number> read_long_integer(std::uint64_t significand) {
    int exponent = 0;
    for (; is_digit(); ++i_) ++exponent;
    if (peek() == '.') return read_fraction(significand, exponent);
    if ((peek() | 32) == 'e') return read_exponent(significand, exponent);
    return scale(significand, exponent);
  }

  std::optional<number> read_fraction(std::uint64_t significand, int exponent) {
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

  std::optional<number> read_exponent(std::uint64_t significand, int exponent) {
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

  // One multiplication or division by a power of ten: this is where the last digit drifts.
  std::optional<number> scale(std::uint64_t significand, int exponent) {
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

  static double power_of_ten(int exponent) {
    static constexpr double exact[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                       1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    if (exponent < static_cast<int>(std::size(exact))) return exact[exponent];
    // libc++ has no from_chars of doubles. No locale writes this in another way.
    return std::strtod(("1e" + std::to_string(exponent)).c_str(), nullptr);
  }

  number real(double value) const noexcept {
    number n;
    n.kind = number::form::real;
    n.value = positive_ ? value : -value;
    return n;
  }

  std::string_view text_;
  std::size_t i_;
  std::string_view problem_;
  bool positive_ = true;
};

/// What becomes of a score that was stored and is read again: the database writes all digits of it and forgets a sign of
/// zero, the server parses them anew. Nothing: the server cannot read it any more.
inline std::optional<double> read_back(double value) {
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
