// Conditions on meta information: values that a name must hold, and values that it must not.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/error.hpp>
#include <auditor/model/record_view.hpp>
#include <auditor/query/bounds.hpp>

#include <concepts>
#include <cstdint>
#include <string>
#include <vector>

namespace auditor {
inline namespace AUDITOR_ABI {

/// How the server reads conditions on meta; it does not say which, so that the caller must know.
enum class meta_dialect : std::uint8_t {
  list,    ///< servers since 0.10.0: any number of values
  scalar,  ///< servers 0.4.0 to 0.9.4: one value per name and operator
};

namespace detail {

// Both take what the values of a record are made from, but not nothing.
struct meta_operand {
  std::vector<std::string> values;

  explicit meta_operand(std::vector<std::string> list);

  template <class... Values>
    requires(sizeof...(Values) > 0) && std::constructible_from<meta_values, const Values&...>
  explicit meta_operand(const Values&... list) : values(meta_values(list...).take()) {}
};

}  // namespace detail

/// The name must hold every one of these values: `with_meta("group", contains("a", "b"))`. Whole values are compared, byte by
/// byte. From texts, or from any range of them; an empty range is no condition, and `query::validate` refuses it.
struct AUDITOR_EXPORT contains : detail::meta_operand {
  using detail::meta_operand::meta_operand;
};

/// The name must be there and hold none of these values: a record without the name is not found either.
struct AUDITOR_EXPORT does_not_contain : detail::meta_operand {
  using detail::meta_operand::meta_operand;
};

namespace detail {

template <class Condition>
concept condition_on_meta = std::same_as<Condition, contains> || std::same_as<Condition, does_not_contain>;
template <class... Conditions>
constexpr bool explain_meta() noexcept {
  constexpr bool all_are = (... && condition_on_meta<Conditions>);
  static_assert(all_are, "say whether the value is to be there or not: contains(\"a\"), does_not_contain(\"b\")");
  static_assert(at_least_one_condition<Conditions...>, "give a condition: contains(\"a\"), does_not_contain(\"b\")");
  return all_are && at_least_one_condition<Conditions...>;
}

// All conditions on one name. An operator that was given an empty list is remembered: it would vanish on the wire, and
// with it the condition.
struct meta_filter {
  std::string name;
  std::vector<std::string> contained;
  std::vector<std::string> not_contained;
  bool empty_list = false;

  void add(contains condition);
  void add(does_not_contain condition);

  bool holds_for(const view_list<meta_view>& meta) const noexcept;
  bool is_valid(meta_dialect dialect, error& why) const;

  friend bool operator==(const meta_filter&, const meta_filter&) = default;

 private:
  void add(std::vector<std::string>& to, std::vector<std::string> values);
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_BODIES
#include <auditor/impl/query/meta_filter.ipp>
#endif
