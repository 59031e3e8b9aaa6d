// Comparisons as types: gt, gte, lt, lte and equals, so that a combination the server silently drops does not compile.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/timestamp.hpp>

#include <chrono>
#include <concepts>
#include <cstdint>
#include <type_traits>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

enum class comparison : std::uint8_t { none, gt, gte, lt, lte, equals };

template <class T, comparison Operator>
struct bound {
  using value_type = T;
  static constexpr comparison op = Operator;

  T value;

  explicit constexpr bound(T v) : value(v) {}
};

}  // namespace detail

/// Greater than `value`: `with_start_time(gt(t))`, `with_component("CPU", gt(8))`.
///
/// **Ranges**: times within `earliest_timestamp` .. `latest_timestamp`, amounts and seconds 0 .. 2^63-1; what lies beyond
/// compiles, and `query::validate` refuses it.
template <class T>
struct gt : detail::bound<T, detail::comparison::gt> {
  /// Of this value.
  explicit constexpr gt(T v) : detail::bound<T, detail::comparison::gt>(v) {}
};

/// Greater than or equal to `value`.
template <class T>
struct gte : detail::bound<T, detail::comparison::gte> {
  /// Of this value.
  explicit constexpr gte(T v) : detail::bound<T, detail::comparison::gte>(v) {}
};

/// Less than `value`.
template <class T>
struct lt : detail::bound<T, detail::comparison::lt> {
  /// Of this value.
  explicit constexpr lt(T v) : detail::bound<T, detail::comparison::lt>(v) {}
};

/// Less than or equal to `value`.
template <class T>
struct lte : detail::bound<T, detail::comparison::lte> {
  /// Of this value.
  explicit constexpr lte(T v) : detail::bound<T, detail::comparison::lte>(v) {}
};

/// Equal to `value`. Not for times: the server drops that condition and returns everything.
template <class T>
struct equals : detail::bound<T, detail::comparison::equals> {
  /// Of this value.
  explicit constexpr equals(T v) : detail::bound<T, detail::comparison::equals>(v) {}
};

namespace detail {

template <class T>
inline constexpr bool is_duration = false;
template <class Count, class Period>
inline constexpr bool is_duration<std::chrono::duration<Count, Period>> = true;

template <class T, class... Others>
inline constexpr bool is_one_of = (std::same_as<T, Others> || ...);
template <class T>
inline constexpr bool is_character_or_bool = is_one_of<T, bool, char, wchar_t, char16_t, char32_t
#ifdef __cpp_char8_t
                                                       ,
                                                       char8_t
#endif
                                                       >;

template <class T>
concept whole_number = std::integral<T> && !is_character_or_bool<T>;

template <class Bound>
concept any_bound = requires {
  typename Bound::value_type;
  requires std::derived_from<Bound, bound<typename Bound::value_type, Bound::op>>;
};

template <class Bound>
concept lower_bound = any_bound<Bound> && (Bound::op == comparison::gt || Bound::op == comparison::gte);
template <class Bound>
concept upper_bound = any_bound<Bound> && (Bound::op == comparison::lt || Bound::op == comparison::lte);
template <class Bound>
concept equality = any_bound<Bound> && Bound::op == comparison::equals;

template <class Bound>
concept compares_a_time = any_bound<Bound> && sys_time<typename Bound::value_type>;
template <class Bound>
concept compares_seconds =
    any_bound<Bound> && (whole_number<typename Bound::value_type> || is_duration<typename Bound::value_type>);
template <class Bound>
concept compares_an_amount = any_bound<Bound> && whole_number<typename Bound::value_type>;

template <class... Bounds>
concept at_least_one_condition = sizeof...(Bounds) > 0;
template <class... Bounds>
concept at_most_one_lower_bound = (0 + ... + int{lower_bound<Bounds>}) <= 1;  // gt and gte together are dropped
template <class... Bounds>
concept at_most_one_upper_bound = (0 + ... + int{upper_bound<Bounds>}) <= 1;  // lt and lte together are dropped
template <class... Bounds>
concept equals_stands_alone = sizeof...(Bounds) == 1 || !(equality<Bounds> || ...);

template <class... Bounds>
concept conditions_the_server_keeps = at_least_one_condition<Bounds...> && at_most_one_lower_bound<Bounds...> &&
                                      at_most_one_upper_bound<Bounds...> && equals_stands_alone<Bounds...>;

// ---- what the compiler says of a mistake: true where there is none ----

template <class... Bounds>
constexpr bool explain_bounds() noexcept {
  static_assert(at_least_one_condition<Bounds...>,
                "give a lower bound, gt or gte, an upper bound, lt or lte, or both: gte(a), lt(b)");
  static_assert(at_most_one_lower_bound<Bounds...>, "one lower bound: gt or gte, not both; the server would drop them all");
  static_assert(at_most_one_upper_bound<Bounds...>, "one upper bound: lt or lte, not both; the server would drop them all");
  static_assert(equals_stands_alone<Bounds...>, "equals stands alone: it says more than any bound beside it");
  return conditions_the_server_keeps<Bounds...>;
}

template <class Bound>
constexpr bool explain_time_bound() noexcept {
  static_assert(any_bound<Bound> || !sys_time<Bound>, "before or after? gte(t) is at t or later, lt(t) is before it");
  static_assert(!equality<Bound>, "times have no equals, which the server would drop, and send everything: gte(t), lte(t)");
  if constexpr (any_bound<Bound>)
    return explain_time<typename Bound::value_type>() && !equality<Bound>;
  else
    return !sys_time<Bound> && explain_time<Bound>();
}
template <class... Bounds>
constexpr bool explain_times() noexcept {
  return (... && explain_time_bound<Bounds>()) && explain_bounds<Bounds...>();
}

template <class... Bounds>
constexpr bool explain_seconds() noexcept {
  static_assert((... && compares_seconds<Bounds>),
                "a runtime is compared with whole seconds or a std::chrono duration: gte(3600), lt(2h), equals(60)");
  return (... && compares_seconds<Bounds>) && explain_bounds<Bounds...>();
}

template <class... Bounds>
constexpr bool explain_amounts() noexcept {
  static_assert((... && compares_an_amount<Bounds>),
                "an amount is compared with a whole number: gte(8), lt(64), equals(1)");
  return (... && compares_an_amount<Bounds>) && explain_bounds<Bounds...>();
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
