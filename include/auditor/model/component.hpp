// One resource of a record - CPU, memory, disk - with its amount and its scores.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/impl/model/owned_list.hpp>
#include <auditor/model/score.hpp>

#include <concepts>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace auditor {
inline namespace AUDITOR_MODEL_ABI {

namespace model_detail {

/// What no amount can hold; `validate` names it.
inline constexpr std::int64_t too_large_an_amount = -(std::numeric_limits<std::int64_t>::max)();

constexpr std::int64_t amount_of(std::uint64_t how_much) noexcept {
  return std::in_range<std::int64_t>(how_much) ? static_cast<std::int64_t>(how_much) : too_large_an_amount;
}

// What the compiler quotes where one is given a fraction.
template <class Amount>
concept amounts_are_whole_numbers = std::floating_point<Amount>;

}  // namespace model_detail

struct component_view;

/// One resource that was used: what it is called at the site, how much of it, and how good it is.
///
/// ```cpp
/// auto cpu = auditor::component{"CPU", 8}.with_score("HEPscore23", 10.2);
/// ```
/// A record may hold several of one name: the server keeps them all, in their order, though its own conditions look at the
/// first component of a record only.
///
/// **Ranges**: amount 0 .. 2^63-1, a whole number: a fraction does not compile, and an unsigned number beyond is refused by
/// `validate`. The member is a plain integer, of which a language that is given a fraction keeps the whole part.
/// **Units**: the site's own; Auditor adds and multiplies, it does not convert.
struct AUDITOR_EXPORT component {
  std::string name;           ///< as every name, see `validate`
  std::int64_t amount = 0;    ///< cores, bytes, seconds ... of it
  std::vector<score> scores;  ///< in this order

  component() noexcept;
  /// Of a name and an amount.
  component(model_detail::owned_text component_name, std::int64_t how_much);
  /// The same of an unsigned number: `validate` refuses one beyond 2^63-1.
  template <std::unsigned_integral Amount>
  component(model_detail::owned_text component_name, Amount how_much)
      : component(std::move(component_name), model_detail::amount_of(how_much)) {}
  template <class Amount>
  component(model_detail::owned_text component_name, Amount how_much)
    requires model_detail::amounts_are_whole_numbers<Amount>
  = delete;
  /// A copy of what a view shows.
  template <std::same_as<component_view> View>
  explicit component(const View& of) : name(of.name), amount(of.amount) {
    model_detail::append_copies(scores, of.scores);
  }

  component(const component&) = default;
  /// What the other one holds afterwards is not specified.
  component(component&&) noexcept;
  component& operator=(const component&) = default;
  // Moved onto itself it stays as it is, as a record does.
  component& operator=(component&& other) noexcept;
  ~component();

  /// Adds a benchmark value; it does not replace one of the same name.
  component& with_score(model_detail::owned_text score_name, double value) &;
  component with_score(model_detail::owned_text score_name, double value) &&;

  friend bool operator==(const component&, const component&) = default;
};

}  // namespace AUDITOR_MODEL_ABI
}  // namespace auditor

#if AUDITOR_BODIES
#include <auditor/impl/model/component.ipp>
#endif
