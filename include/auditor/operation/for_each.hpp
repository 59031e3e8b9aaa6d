// A read that shows each record to a visitor.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

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

namespace detail {

/// A read that shows each record to a visitor.
template <record_visitor Visitor>
class for_each_operation : public read_operation {
 public:
  for_each_operation(query&& asked, const call_context& with, const read_options& call, Visitor&& visitor)
      : read_operation(std::move(asked), with, call), visitor_(std::move(visitor)) {}

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
