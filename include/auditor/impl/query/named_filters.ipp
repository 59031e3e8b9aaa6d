// Bodies of query/named_filters.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/name.hpp>
#include <auditor/impl/query/writer.hpp>
#include <auditor/query/named_filters.hpp>
#include <auditor/query/refusal.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

AUDITOR_DECL meta_filter& named_filters::meta_of(std::string name) {
  for (meta_filter& known : meta)
    if (known.name == name) return known;
  meta.emplace_back().name = std::move(name);
  return meta.back();
}

AUDITOR_DECL range& named_filters::amount_of(std::string name) {
  for (component_filter& known : components)
    if (known.name == name) return known.amount;
  components.emplace_back().name = std::move(name);
  return components.back().amount;
}

AUDITOR_DECL bool named_filters::are_valid(meta_dialect dialect, error& why) const {
  for (const meta_filter& filter : meta)
    if (!filter.is_valid(dialect, why)) return false;
  for (const component_filter& filter : components) {
    if (const broken_rule broken = check_name(filter.name)) return refuse(why, "component name", broken);
    if (!filter.amount.is_valid("component", filter.name, why)) return false;
  }
  if (components.size() > 1) why = two_components(components[0].name, components[1].name);
  return components.size() <= 1;
}

AUDITOR_DECL void named_filters::write(query_writer& to, meta_dialect dialect) const {
  const auto write_values = [&](std::string_view name, const char* op, const std::vector<std::string>& values) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      to.key("meta").name_in_brackets(name).in_brackets(op);
      if (dialect == meta_dialect::list) to.number_in_brackets(i);
      to.value(values[i]);
    }
  };
  for (const meta_filter& filter : meta) {
    write_values(filter.name, "c", filter.contained);
    write_values(filter.name, "dnc", filter.not_contained);
  }
  for (const component_filter& filter : components)
    for (const std::size_t side : {0u, 1u})
      if (const condition c = filter.amount.written(side))
        to.key("component").name_in_brackets(filter.name).compared(c.op, c.value, number_kind::count);
}

AUDITOR_DECL bool named_filters::hold_for(const record_view& r) const noexcept {
  for (const meta_filter& filter : meta)
    if (!filter.holds_for(r.meta)) return false;
  for (const component_filter& filter : components)
    if (r.components.empty() || r.components[0].name != filter.name || !filter.amount.holds(r.components[0].amount))
      return false;
  return true;
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
