// What an add does about a record whose id is known: policies that a program links only where it names them.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/operation/look_up.hpp>

#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {

/// What happens to a record whose id the server knows already. One of its constants, printed by `to_string`; to be compared, not
/// to be switched over: a constant brings along what it needs, and a program that names neither `compare` nor `update` has
/// nothing of them, where its client has a workspace.
///
/// ```cpp
/// client.add(record, {.duplicates = auditor::on_duplicate::compare});
/// ```
class AUDITOR_EXPORT on_duplicate {
 public:
  /// An error `record_exists`; where an earlier attempt of the call may be what the server knows, a look at it tells. A client with
  /// a workspace does not look: outcome `unknown`.
  static const on_duplicate fail;
  static const on_duplicate ignore;   ///< success
  static const on_duplicate compare;  ///< the stored record is fetched: equal is success, different is an error `conflict`
  /// As compare; a stored record that is open and equal in all else gets the stop time of this one.
  static const on_duplicate update;

  /// Is it `fail`.
  constexpr on_duplicate() noexcept = default;

  friend constexpr bool operator==(const on_duplicate& a, const on_duplicate& b) noexcept { return a.rule_ == b.rule_; }

  /// For the operations: what it says.
  constexpr detail::duplicate_rule rule() const noexcept { return rule_; }
  /// For the operations: how it looks at what is stored; null: it does not.
  constexpr const detail::look_up_functions* look_up() const noexcept { return look_up_; }

 private:
  constexpr on_duplicate(detail::duplicate_rule rule, const detail::look_up_functions* look_up) noexcept
      : rule_(rule), look_up_(look_up) {}

  detail::duplicate_rule rule_ = detail::duplicate_rule::fail;
  const detail::look_up_functions* look_up_ = nullptr;
};

inline constexpr on_duplicate on_duplicate::fail{};
inline constexpr on_duplicate on_duplicate::ignore{detail::duplicate_rule::ignore, nullptr};
inline constexpr on_duplicate on_duplicate::compare{detail::duplicate_rule::compare, &detail::looks_up};
inline constexpr on_duplicate on_duplicate::update{detail::duplicate_rule::update, &detail::looks_up};

constexpr std::string_view to_string(const on_duplicate& policy) noexcept {
  switch (policy.rule()) {
    case detail::duplicate_rule::fail: return "fail";
    case detail::duplicate_rule::ignore: return "ignore";
    case detail::duplicate_rule::compare: return "compare";
    case detail::duplicate_rule::update: return "update";
  }
  return "?";
}

}  // namespace AUDITOR_ABI
}  // namespace auditor
