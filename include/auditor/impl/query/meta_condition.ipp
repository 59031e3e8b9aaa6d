// Bodies of query/meta_condition.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/name.hpp>
#include <auditor/impl/base/same_text.hpp>
#include <auditor/impl/query/writer.hpp>
#include <auditor/query/meta_condition.hpp>
#include <auditor/query/refusal.hpp>

#include <cstddef>
#include <span>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

// How many before this one are of its name and kind.
inline std::size_t number_of(std::span<const meta_condition> list, const meta_condition& one) noexcept {
  std::size_t before = 0;
  for (const meta_condition* each = list.data(); each != &one; ++each)
    if (is_same_text(each->name, one.name) && each->is_contained == one.is_contained) ++before;
  return before;
}

AUDITOR_DECL bool borrowed_conditions::are_valid(std::span<const meta_condition> list, meta_dialect dialect, error& why) {
  std::size_t size = 0;
  for (const meta_condition& each : list) {
    if (const broken_rule broken = check_name(each.name)) return refuse(why, "meta name", broken);
    if (const broken_rule broken = check_name(each.value)) {
      refuse(why, "meta", each.name, ": a value");
      broken.explain(why);
      return false;
    }
    if (dialect == meta_dialect::scalar && number_of(list, each) != 0)
      return refuse(why, "meta", each.name, ": servers before 0.10 take one value of each operator");
    size += 32 + 3 * (each.name.size() + each.value.size());
  }
  return size <= longest_query || refuse(why, "meta: too long for a request");
}

AUDITOR_DECL void borrowed_conditions::write(std::span<const meta_condition> list, query_writer& to, meta_dialect dialect) {
  for (const meta_condition& each : list) {
    to.key("meta").name_in_brackets(each.name).in_brackets(each.is_contained ? "c" : "dnc");
    if (dialect == meta_dialect::list) to.number_in_brackets(number_of(list, each));
    to.value(each.value);
  }
}

AUDITOR_DECL bool borrowed_conditions::hold_for(std::span<const meta_condition> list, const record_view& r) noexcept {
  for (const meta_condition& each : list) {
    bool is_there = false, holds = false;
    for (const meta_view entry : r.meta) {
      if (entry.name != each.name) continue;
      is_there = true;
      for (const std::string_view value : entry.values) holds = holds || value == each.value;
    }
    if (!is_there || holds != each.is_contained) return false;
  }
  return true;
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
