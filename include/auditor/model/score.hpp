// A benchmark value of a component, such as HEPSPEC06 = 9.2.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/text.hpp>

#include <concepts>
#include <string>

namespace auditor {
inline namespace AUDITOR_MODEL_ABI {

struct score_view;

/// The speed of a component by some benchmark; `component::with_score` adds one. Auditor's collectors and plugins multiply
/// amounts by it.
///
/// What comes back from a server may be off by some units in the last place: see `same_score`.
/// **Ranges**: the name as every name (see `validate`), the value finite, >= 0 and at most 1e300.
struct AUDITOR_EXPORT score {
  std::string name;  ///< such as HEPSPEC06
  double value = 0;  ///< finite, not negative

  score() = default;
  /// Of a name and a value.
  score(model_detail::owned_text score_name, double score_value);
  /// A copy of what a view shows.
  template <std::same_as<score_view> View>
  explicit score(const View& of) : name(of.name), value(of.value) {}

  friend bool operator==(const score&, const score&) = default;
};

}  // namespace AUDITOR_MODEL_ABI
}  // namespace auditor

#if AUDITOR_BODIES
#include <auditor/impl/model/score.ipp>
#endif
