// Bodies of query/meta_filter.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/name.hpp>
#include <auditor/query/meta_filter.hpp>
#include <auditor/query/refusal.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

AUDITOR_DECL meta_operand::meta_operand(std::vector<std::string> list) : values(std::move(list)) {}

AUDITOR_DECL void meta_filter::add(contains condition) { add(contained, std::move(condition.values)); }

AUDITOR_DECL void meta_filter::add(does_not_contain condition) { add(not_contained, std::move(condition.values)); }

AUDITOR_DECL bool meta_filter::holds_for(const view_list<meta_view>& meta) const noexcept {
  for (const meta_view entry : meta) {
    if (entry.name != name) continue;
    const auto is_there = [&entry](std::string_view wanted) {
      for (const std::string_view value : entry.values)
        if (value == wanted) return true;
      return false;
    };
    for (const std::string& wanted : contained)
      if (!is_there(wanted)) return false;
    for (const std::string& unwanted : not_contained)
      if (is_there(unwanted)) return false;
    return true;
  }
  return false;
}

AUDITOR_DECL void meta_filter::add(std::vector<std::string>& to, std::vector<std::string> values) {
  empty_list = empty_list || values.empty();
  for (std::string& value : values) to.push_back(std::move(value));
}

AUDITOR_DECL bool meta_filter::is_valid(meta_dialect dialect, error& why) const {
  if (const broken_rule broken = check_name(name)) return refuse(why, "meta name", broken);
  if (empty_list) return refuse(why, "meta", name, ": needs at least one value: an empty list is no condition");
  if (dialect == meta_dialect::scalar && (contained.size() > 1 || not_contained.size() > 1))
    return refuse(why, "meta", name, ": servers before 0.10 take one value of each operator");
  for (const std::vector<std::string>* values : {&contained, &not_contained})
    for (const std::string& value : *values)
      if (const broken_rule broken = check_name(value)) {
        refuse(why, "meta", name, ": a value");
        broken.explain(why);
        return false;
      }
  return true;
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
