// Numbers of JSON as 64-bit integers and doubles: exact, and fast for those that accounting is made of.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/impl/json/decimal.hpp>
#include <auditor/impl/json/exact_double.hpp>
#include <auditor/impl/json/scanner.hpp>

#include <bit>
#include <cfloat>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>
#include <system_error>
#include <version>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

// A double holds these exactly, so one multiplication or division by them rounds once, as the standard wants it.
inline constexpr double powers_of_ten[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                           1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
inline constexpr std::uint32_t small_powers_of_ten[] = {1, 10, 100, 1'000, 10'000, 100'000, 1'000'000, 10'000'000};
inline constexpr std::uint64_t exact_integers = std::uint64_t{1} << 53;

// An integer without fraction and exponent. False: it is none, or does not fit. 19 digits always fit 64 bits; if they need the sign's
// too, the result has the wrong sign.
constexpr bool to_integer(const decimal& number, std::int64_t& to) noexcept {
  to = static_cast<std::int64_t>(number.negative ? 0 - number.digits : number.digits);
  const bool has_its_sign = to == 0 || (to < 0) == number.negative;
  return has_its_sign && !number.fractional && number.count <= decimal::most_digits;
}

// The number that this text is. False: beyond the largest double.
inline bool to_double(const decimal& number, [[maybe_unused]] std::string_view text, double& to) noexcept {
  if constexpr (!compact)
    if (FLT_EVAL_METHOD == 0 && number.count <= decimal::most_digits && number.digits <= exact_integers &&
        number.exponent >= -22 && number.exponent <= 22) {
      const auto digits = static_cast<double>(number.digits);
      const double value =
          number.exponent < 0 ? digits / powers_of_ten[-number.exponent] : digits * powers_of_ten[number.exponent];
      to = number.negative ? -value : value;
      return true;
    }
#if defined(__cpp_lib_to_chars) && !AUDITOR_COMPACT
  if (number.count != 0) {
    const std::from_chars_result parsed = std::from_chars(text.data(), text.data() + text.size(), to);
    if (parsed.ec == std::errc()) return true;
  }
  to = number.negative ? -0.0 : 0.0;  // out of range at which end? A double that is too small is 0, as everywhere
  return number.count == 0 || number.exponent < 0;
#else
  const std::uint64_t bits = exact_double(number);
  to = std::bit_cast<double>(bits | std::uint64_t{number.negative ? 1u : 0u} << 63);
  return bits < infinite_double;
#endif
}

// The scanner with numbers, which begin at p; null without a fault: none does.
class json_reader : public json_scanner {
 public:
  using json_scanner::json_scanner;

  const char* integer(const char* p, std::int64_t& to) noexcept {
    std::uint64_t word = 0;
    if (const std::size_t count = short_integer(p, word); count != 0) [[likely]] {
      to = static_cast<std::int64_t>(read_digits(word, count));
      return p + count;
    }
    return any_integer(p, to);
  }

  const char* number(const char* p, double& to) noexcept {
    const short_decimal parts = short_decimal_at(p);
    if (FLT_EVAL_METHOD != 0 || parts.size == 0 || parts.whole > 7 || parts.part() > 7) [[unlikely]]
      return any_number(p, to);
    // 14 digits at most: an integer that a double holds exactly.
    const std::uint64_t digits = std::uint64_t{read_digits(load_word(p), parts.whole)} * small_powers_of_ten[parts.part()] +
                                 read_digits(load_word(p + parts.whole + 1), parts.part());
    to = static_cast<double>(static_cast<std::int64_t>(digits)) / powers_of_ten[parts.part()];
    return p + parts.size;
  }

  // The same where nobody wants to know which number it is.
  const char* some_integer(const char* p) noexcept {
    std::uint64_t word = 0;
    if (const std::size_t count = short_integer(p, word); count != 0) [[likely]]
      return p + count;
    std::int64_t ignored = 0;
    return any_integer(p, ignored);
  }
  const char* some_number(const char* p) noexcept {
    const short_decimal parts = short_decimal_at(p);
    if (parts.size != 0) [[likely]]
      return p + parts.size;
    double ignored = 0;
    return any_number(p, ignored);
  }

 private:
  // How many digits it has, if it is one to seven of them; else 0. They are at the front of the word.
  [[gnu::always_inline]] std::size_t short_integer(const char* p, std::uint64_t& word) const noexcept {
    word = word_at(p);
    const std::uint64_t stops = not_digits(word);
    const std::size_t count = stops == 0 ? 0 : first_byte(stops);
    if (count == 0 || !ends_number(word >> (8 * count))) return 0;
    // In this order: how many there are is harder to predict.
    return (word & 0xFF) == '0' && count != 1 ? 0 : count;
  }

  // How many characters it has, how many of them are before its point, and how many behind it.
  struct short_decimal {
    std::size_t size = 0;
    std::size_t whole = 0;

    std::size_t part() const noexcept { return size - whole - 1; }
  };

  // If it has a point, digits before and behind it, and not more than 15 characters; else the size is 0. Both ends are found together: what
  // follows has to wait for where that is.
  [[gnu::always_inline]] short_decimal short_decimal_at(const char* p) const noexcept {
    if (!has_words(p)) return {};
    const unsigned stops = not_digits_of_16(p), stops_behind = stops & (stops - 1);
    if (stops_behind == 0) return {};
    const auto whole = static_cast<std::size_t>(std::countr_zero(stops)),
               size = static_cast<std::size_t>(std::countr_zero(stops_behind));
    const bool is_one = whole != 0 && p[whole] == '.' && size != whole + 1 && (*p != '0' || whole == 1);
    return is_one && ends_number(static_cast<unsigned char>(p[size])) ? short_decimal{size, whole} : short_decimal{};
  }

  // The next eight bytes of a value, with zeros for those behind the end. There are always eight bytes before a value: at
  // least the name of its member.
  std::uint64_t word_at(const char* p) const noexcept {
    if (has_word(p)) [[likely]]
      return load_word(p);
    const auto left = static_cast<std::size_t>(end() - p);
    return left == 0 ? 0 : load_word(end() - 8) >> (8 * (8 - left));
  }
  // What follows a number in a record.
  static constexpr bool ends_number(std::uint64_t word) noexcept {
    return (word & 0xFF) == ',' || (word & 0xFF) == '}' || is_json_space(static_cast<char>(word & 0xFF));
  }

  // Calls, so that what is usual needs no stack.
  [[gnu::noinline]] const char* any_integer(const char* p, std::int64_t& to) noexcept {
    scalar value{p};
    return !begins_number(p) || read_scalar(value, '0') == nullptr ? nullptr : take_integer(value, to);
  }
  [[gnu::noinline]] const char* any_number(const char* p, double& to) noexcept {
    scalar value{p};
    return !begins_number(p) || read_scalar(value, '0') == nullptr ? nullptr : take_number(value, to);
  }

 protected:
  [[gnu::noinline]] const char* take_integer(const scalar& value, std::int64_t& to) noexcept {
    if (to_integer(value.number, to)) return value.behind;
    return fail(errc::json_type, value.at, value.number.fractional ? "must be an integer" : "must fit in 64 bits");
  }
  [[gnu::noinline]] const char* take_number(const scalar& value, double& to) noexcept {
    if (to_double(value.number, value.raw(), to)) return value.behind;
    return fail(errc::json_type, value.at, "must fit a double");
  }
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
