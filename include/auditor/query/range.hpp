// The conditions on one field as the server compares them: whole microseconds, seconds or amounts.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/error.hpp>
#include <auditor/base/timestamp.hpp>
#include <auditor/query/bounds.hpp>
#include <auditor/query/order.hpp>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

// As `comparison` has them.
inline constexpr const char* operator_names[] = {"?", "gt", "gte", "lt", "lte", "equals"};

constexpr const char* operator_name(comparison op) noexcept { return operator_names[static_cast<std::size_t>(op)]; }

enum class number_kind : std::uint8_t { count, moment };

/// A field that has a range.
struct ranged_field {
  const char* name;
  number_kind kind;
};

/// All, as `field` has them, and in the order in which they are written.
inline constexpr ranged_field ranged_fields[] = {{to_string(field::start_time).data(), number_kind::moment},
                                                 {to_string(field::stop_time).data(), number_kind::moment},
                                                 {to_string(field::runtime).data(), number_kind::count}};

// What a bound breaks that is out of range: named where it is made, so that a program of times has no word of numbers.
inline constexpr char range_of_times[] = "]: must lie in -4713-12-31 .. +262142-12-31";
inline constexpr char range_of_numbers[] = "]: must be a whole number, 0 .. 9223372036854775807";

/// True where there is one.
struct condition {
  comparison op = comparison::none;
  const char* broken = nullptr;  // null: it is in range
  std::int64_t value = 0;

  explicit constexpr operator bool() const noexcept { return op != comparison::none; }
  constexpr bool in_range() const noexcept { return broken == nullptr; }

  friend constexpr bool operator==(const condition&, const condition&) = default;
};

// At most one lower and one upper bound, or one equality, which is both. Of two bounds of one side, said one call after the other,
// the tighter one says both. What contradicts itself is kept here and refused later.
class range {
 public:
  constexpr condition lower() const noexcept { return bound(0); }
  constexpr condition upper() const noexcept { return bound(1); }
  constexpr bool empty() const noexcept { return !lower() && !upper(); }

  void set(const condition& c) noexcept { c.op == comparison::equals ? set_equality(c) : set_bound(c); }
  /// Of what cannot be an equality.
  void set_bound(const condition& c) noexcept;

  /// Of this parameter; a component has a name beside. False: `why` says the first thing that is wrong.
  bool is_valid(const char* parameter, std::string_view name, error& why) const noexcept;

  /// Is it too low to be in it, or too high?
  bool is_below(std::int64_t value) const noexcept { return is_outside(0, value); }
  bool is_above(std::int64_t value) const noexcept { return is_outside(1, value); }
  /// What is not there is in no range.
  bool holds(std::optional<std::int64_t> stored) const noexcept;

  /// Of side 0, the lower one, or 1, as it is written: an equality once.
  constexpr condition written(std::size_t side) const noexcept {
    const bool is_again = side == 1 && ops_[side] == comparison::equals;
    return is_again ? condition() : bound(side);
  }

  friend bool operator==(const range&, const range&) = default;

 private:
  constexpr condition bound(std::size_t side) const noexcept { return {ops_[side], broken_[side], values_[side]}; }
  [[gnu::noinline]] bool is_outside(std::size_t side, std::int64_t value) const noexcept {
    const condition limit = bound(side);
    if (!limit) return false;
    if (value == limit.value) return limit.op == comparison::gt || limit.op == comparison::lt;
    return (value < limit.value) == (side == 0);
  }
  void set_equality(const condition& c) noexcept;
  void set(std::size_t side, const condition& c) noexcept;
  // One that is out of range stays, to be refused.
  void tighten(std::size_t side, const condition& c, bool is_tighter) noexcept;

  // Of the lower bound and of the upper one; side by side, as two conditions would be half air.
  std::int64_t values_[2]{};
  const char* broken_[2]{};
  const char* const* equality_words_ = nullptr;  // of one that has an equality
  comparison ops_[2]{};
  bool equals_two_values_ = false, equals_and_more_ = false;
};

// A duration in coarser units, if it fits. The server stores whole units, so that a bound between two of them must move
// to the one that keeps the same records: x >= 1.5 and x < 1.5 are x >= 2 and x < 2, x > 1.5 and x <= 1.5 are x > 1 and
// x <= 1; nothing equals 1.5.
template <class Unit, class Count, class Period>
constexpr std::optional<std::int64_t> whole_units(comparison op, std::chrono::duration<Count, Period> exact) noexcept {
  using std::chrono::floor;
  using std::chrono::seconds;
  if constexpr (std::same_as<std::chrono::duration<Count, Period>, Unit>) return static_cast<std::int64_t>(exact.count());
  if (too_far(exact) != 0) return std::nullopt;
  if constexpr (std::convertible_to<std::chrono::duration<Count, Period>, Unit>)
    return static_cast<std::int64_t>(Unit(exact).count());
  const seconds whole = std::chrono::duration_cast<seconds>(exact);
  const auto rest = exact - whole;
  const Unit down = Unit(whole) + floor<Unit>(rest);
  const bool exactly = rest == floor<Unit>(rest);
  const auto count = static_cast<std::int64_t>(down.count());
  if (exactly || op == comparison::gt || op == comparison::lte) return count;
  if (op == comparison::equals) return std::nullopt;
  return count + 1;
}

template <class Duration>
constexpr condition time_condition(comparison op, std::chrono::sys_time<Duration> moment) noexcept {
  const auto count = whole_units<std::chrono::microseconds>(op, moment.time_since_epoch());
  const bool in_range = count && *count >= earliest_timestamp.time_since_epoch().count() &&
                        *count <= latest_timestamp.time_since_epoch().count();
  return {op, in_range ? nullptr : range_of_times, count.value_or(0)};
}

template <whole_number T>
constexpr condition number_condition(comparison op, T number) noexcept {
  if (!std::in_range<std::int64_t>(number) || std::cmp_less(number, 0)) return {op, range_of_numbers};
  return {op, nullptr, static_cast<std::int64_t>(number)};
}

template <class Count, class Period>
constexpr condition number_condition(comparison op, std::chrono::duration<Count, Period> length) noexcept {
  const auto count = whole_units<std::chrono::seconds>(op, length);
  return count ? number_condition(op, *count) : condition{op, range_of_numbers};
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_BODIES
#include <auditor/impl/query/range.ipp>
#endif
