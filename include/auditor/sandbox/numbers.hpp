// Numbers as the server reads and writes them: its parser is not correctly rounded, and the database writes all digits out.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/sandbox/bodies.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
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

decimal to_decimal(double value);

/// All digits, no exponent: `0.001`, `1000`; at least `fraction` digits after the point.
std::string print_plain(const decimal& d, int fraction);

/// As in the server's JSON: `9.0`, `0.001`, `1e+16`, `5e-324`.
std::string print_json(double value);

/// As in the server's error messages: all digits and no `.0`.
inline std::string print_display(double value) { return print_plain(to_decimal(value), 0); }

/// A number as the server's error messages describe it: `floating point `1.0``.
std::string print_type(const number& n);

/// Reads a JSON number with the server's own rounding; nothing when it is none or out of range, see `problem` then.
class number_reader {
 public:
  explicit number_reader(std::string_view text, std::size_t begin = 0) noexcept;

  /// Behind the number, or where the server says that the problem is.
  std::size_t place() const noexcept { return (std::min)(i_, text_.size()); }
  std::string_view problem() const noexcept { return problem_; }

  std::optional<number> read();

 private:
  char peek() const noexcept { return i_ < text_.size() ? text_[i_] : '\0'; }
  bool is_digit() const noexcept { return peek() >= '0' && peek() <= '9'; }
  std::uint64_t digit() const noexcept { return static_cast<std::uint64_t>(peek() - '0'); }
  bool would_overflow(std::uint64_t significand) const noexcept;
  // The server names the place behind what it took, or, having only looked, one further.
  std::nullopt_t fail(std::string_view problem, std::size_t further) noexcept;
  std::optional<number> read_long_integer(std::uint64_t significand);
  std::optional<number> read_fraction(std::uint64_t significand, int exponent);
  std::optional<number> read_exponent(std::uint64_t significand, int exponent);

  // One multiplication or division by a power of ten: this is where the last digit drifts.
  std::optional<number> scale(std::uint64_t significand, int exponent);
  static double power_of_ten(int exponent);
  number real(double value) const noexcept;

  std::string_view text_;
  std::size_t i_;
  std::string_view problem_;
  bool positive_ = true;
};

/// What becomes of a score that was stored and is read again: the database writes all digits of it and forgets a sign of
/// zero, the server parses them anew. Nothing: the server cannot read it any more.
std::optional<double> read_back(double value);

}  // namespace detail::sandboxed
}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_SANDBOX_BODIES
#include <auditor/impl/sandbox/numbers.ipp>
#endif
