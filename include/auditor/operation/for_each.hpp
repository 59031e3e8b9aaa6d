// A read that shows each record to a visitor.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/json/wanted_fields.hpp>
#include <auditor/operation/read.hpp>

#include <concepts>
#include <type_traits>
#include <utility>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

// The name is what a compiler says about a mistake: a sum that is 0 must not end a read.
template <class Result>
concept nothing_or_exactly_a_bool = std::is_void_v<Result> || std::same_as<Result, bool>;

}  // namespace detail

/// Takes a `const record_view&`, and returns nothing, or a bool: false ends the read.
template <class Visitor>
concept record_visitor = std::invocable<Visitor&, const record_view&> &&
                         detail::nothing_or_exactly_a_bool<std::invoke_result_t<Visitor&, const record_view&>>;

/// A visitor that sees some fields of each record: `only({.components = {"CPU"}}, visit)`. A type of yours is one, too, that has a member
/// `fields`, static or not:
///
/// ```cpp
/// struct charge {
///   static constexpr auditor::wanted_fields fields{.meta = {"site_id"}, .components = {"CPU"}};
///   void operator()(const auditor::record_view& r);
/// };
/// ```
template <record_visitor Visitor>
struct visitor_of_fields {
  wanted_fields fields;  ///< all that it sees beside id, times and runtime
  Visitor visitor;       ///< what sees it

  /// Shows it one.
  std::invoke_result_t<Visitor&, const record_view&> operator()(const record_view& r) { return visitor(r); }
};

/// The same visitor, for these fields alone: faster, since the others are only checked.
///
/// ```cpp
/// auto read = client.for_each(auditor::query{}, auditor::only({.components = {"CPU"}}, [&](const auditor::record_view& r) {
///   if (const auto cpu = r.find_component("CPU")) cores += cpu->amount;
/// }));
/// ```
/// **Lifetime**: of the names, longer than the call. What is not named is absent from the view, which is not to be sent on as a record.
template <record_visitor Visitor>
visitor_of_fields<Visitor> only(const wanted_fields& wanted, Visitor visit) {
  return {wanted, std::move(visit)};
}

namespace detail {

template <class Visitor>
concept names_its_fields =
    requires(Visitor& visitor) { requires std::same_as<std::remove_cvref_t<decltype(visitor.fields)>, wanted_fields>; };

/// A read that shows each record to a visitor.
template <record_visitor Visitor>
class for_each_operation : public read_operation {
 public:
  for_each_operation(query&& asked, const call_context& with, const read_options& call, Visitor&& visitor)
      : read_operation(std::move(asked), with, call), visitor_(std::move(visitor)) {
    if constexpr (names_its_fields<Visitor>) show_only(visitor_.fields);
  }

  /// False: the visitor wants no more.
  bool visit() {
    if constexpr (std::is_void_v<std::invoke_result_t<Visitor&, const record_view&>>) {
      visitor_(view());
      return true;
    } else {
      if (visitor_(view())) return true;
      stop();
      return false;
    }
  }

 private:
  Visitor visitor_;
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
