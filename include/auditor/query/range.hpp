// The conditions on one field as the server compares them: whole microseconds, seconds or amounts.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/result.hpp>
#include <auditor/base/timestamp.hpp>
#include <auditor/query/bounds.hpp>

#include <chrono>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

constexpr std::string_view operator_name(comparison op) noexcept {
  switch (op) {
    case comparison::gt: return "gt";
    case comparison::gte: return "gte";
    case comparison::lt: return "lt";
    case comparison::lte: return "lte";
    case comparison::equals: return "equals";
  }
  return "?";
}

enum class number_kind : std::uint8_t { count, moment };

struct condition {
  comparison op{};
  std::int64_t value = 0;
  bool in_range = false;

  constexpr bool holds(std::int64_t stored) const noexcept {
    switch (op) {
      case comparison::gt: return stored > value;
      case comparison::gte: return stored >= value;
      case comparison::lt: return stored < value;
      case comparison::lte: return stored <= value;
      case comparison::equals: return stored == value;
    }
    return false;
  }

  friend constexpr bool operator==(const condition&, const condition&) = default;
};

// At most one lower and one upper bound, or one equality. Of two bounds of one side, said one call after the other, the tighter
// one says both. What contradicts itself is kept here and refused later.
struct range {
  std::optional<condition> lower;
  std::optional<condition> upper;
  std::optional<condition> equal;
  bool equals_two_values = false;

  constexpr bool empty() const noexcept { return !lower && !upper && !equal; }

  void set(const condition& c) noexcept;

  /// The first thing that is wrong, of this parameter; a component has a name beside.
  result<void> check(std::string_view parameter, std::string_view name, number_kind kind) const;

  /// What is not there is in no range.
  constexpr bool holds(std::optional<std::int64_t> stored) const noexcept {
    if (empty()) return true;
    return stored && (!lower || lower->holds(*stored)) && (!upper || upper->holds(*stored)) &&
           (!equal || equal->holds(*stored));
  }

  template <class Visit>
  void for_each(Visit visit) const {
    if (lower) visit(*lower);
    if (upper) visit(*upper);
    if (equal) visit(*equal);
  }

  friend bool operator==(const range&, const range&) = default;

 private:
  // One that is out of range stays, to be refused.
  static void tighten(std::optional<condition>& bound, const condition& c, bool is_tighter) noexcept;
};

// A duration in coarser units, if it fits. The server stores whole units, so that a bound between two of them must move
// to the one that keeps the same records: x >= 1.5 and x < 1.5 are x >= 2 and x < 2, x > 1.5 and x <= 1.5 are x > 1 and
// x <= 1; nothing equals 1.5.
template <class Unit, class Count, class Period>
constexpr std::optional<std::int64_t> whole_units(comparison op, std::chrono::duration<Count, Period> exact) noexcept {
  using std::chrono::floor;
  using std::chrono::seconds;
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
  if (!count) return {op, 0, false};
  return {op, *count,
          *count >= earliest_timestamp.time_since_epoch().count() && *count <= latest_timestamp.time_since_epoch().count()};
}

template <whole_number T>
constexpr condition number_condition(comparison op, T number) noexcept {
  if (!std::in_range<std::int64_t>(number) || std::cmp_less(number, 0)) return {op, 0, false};
  return {op, static_cast<std::int64_t>(number), true};
}

template <class Count, class Period>
constexpr condition number_condition(comparison op, std::chrono::duration<Count, Period> length) noexcept {
  const auto count = whole_units<std::chrono::seconds>(op, length);
  return count ? number_condition(op, *count) : condition{op, 0, false};
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_BODIES
#include <auditor/impl/query/range.ipp>
#endif
