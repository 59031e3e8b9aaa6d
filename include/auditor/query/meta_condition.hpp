// Conditions on meta in an array of the caller's: for programs without a heap.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/error.hpp>
#include <auditor/model/record_view.hpp>
#include <auditor/query/meta_filter.hpp>

#include <cstddef>
#include <span>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {

/// The most bytes of a query's filters. The server refuses a request line above 65,534 bytes; the rest is for the base
/// path, the sort order and the limit. A proxy may take less: nginx takes 8 KiB unless told otherwise.
inline constexpr std::size_t longest_query = 60'000;

/// One condition: the name holds the value, or is there and does not hold it. As `contains` and `does_not_contain` say, but
/// borrowed.
///
/// ```cpp
/// static constexpr auditor::meta_condition here[] = {{"site", "site-1"}, {"group", "test", false}};
/// auto q = auditor::query{}.with_start_time(auditor::gte(since)).with_meta(here);
/// ```
struct AUDITOR_EXPORT meta_condition {
  std::string_view name;     ///< **Lifetime**: longer than the query
  std::string_view value;    ///< **Lifetime**: longer than the query
  bool is_contained = true;  ///< false: the name is there, and does not hold the value
};

namespace detail {

class query_writer;

/// What a query does with such a list: a program that has none links none of it.
struct borrowed_conditions {
  struct functions {
    bool (*are_valid)(std::span<const meta_condition> list, meta_dialect dialect, error& why);
    void (*write)(std::span<const meta_condition> list, query_writer& to, meta_dialect dialect);
  };
  static const functions all;

  static bool are_valid(std::span<const meta_condition> list, meta_dialect dialect, error& why);
  static void write(std::span<const meta_condition> list, query_writer& to, meta_dialect dialect);
  static bool hold_for(std::span<const meta_condition> list, const record_view& r) noexcept;
};

inline constexpr borrowed_conditions::functions borrowed_conditions::all = {&are_valid, &write};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_BODIES
#include <auditor/impl/query/meta_condition.ipp>
#endif
