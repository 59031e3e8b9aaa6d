// The conditions of a query on meta and components: a program whose queries have none links nothing of what they need.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/error.hpp>
#include <auditor/model/record_view.hpp>
#include <auditor/query/meta_filter.hpp>
#include <auditor/query/range.hpp>

#include <string>
#include <vector>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

class query_writer;

struct component_filter {
  std::string name;
  range amount;

  friend bool operator==(const component_filter&, const component_filter&) = default;
};

/// Each with a name beside.
struct named_filters {
  /// What a query does with them.
  struct functions {
    bool (*are_valid)(const named_filters& of, meta_dialect dialect, error& why);
    void (*write)(const named_filters& of, query_writer& to, meta_dialect dialect);
    bool (*hold_for)(const named_filters& of, const record_view& r) noexcept;
  };
  static const functions all;

  std::vector<meta_filter> meta;
  std::vector<component_filter> components;
  const functions* use = &all;

  meta_filter& meta_of(std::string name);
  range& amount_of(std::string name);

  bool are_valid(meta_dialect dialect, error& why) const;
  void write(query_writer& to, meta_dialect dialect) const;
  bool hold_for(const record_view& r) const noexcept;

  friend bool operator==(const named_filters&, const named_filters&) = default;
};

inline constexpr named_filters::functions named_filters::all = {
    [](const named_filters& of, meta_dialect dialect, error& why) { return of.are_valid(dialect, why); },
    [](const named_filters& of, query_writer& to, meta_dialect dialect) { of.write(to, dialect); },
    [](const named_filters& of, const record_view& r) noexcept { return of.hold_for(r); },
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_BODIES
#include <auditor/impl/query/named_filters.ipp>
#endif
