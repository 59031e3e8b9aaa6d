// What is wrong with the text of a record, as an error with its place.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/error.hpp>
#include <auditor/impl/json/scanner.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

// `components[2].scores[0].value: must be a number`
inline void describe(error& e, const json_fault& fault, std::uint64_t offset, std::string_view record_id) noexcept {
  e.code = fault.code;
  e.of(record_id);
  e.offset = offset;
  if (!fault.incomplete) {
    const auto path = [&e](std::string_view part) {
      if (!e.words().empty()) e.more(".");
      e.more(part);
    };
    const auto element = [&](json_list of, std::string_view list) {
      if (fault.at_element[of] == json_fault::none) return;
      if (!list.empty()) path(list);
      e.more("[").more(std::uint64_t{fault.at_element[of]}).more("]");
    };
    element(of_components, "components");
    element(of_scores, "scores");
    if (fault.field != nullptr) path(fault.field);
    if (!fault.meta_name.empty()) path({fault.meta_name.data(), (std::min)(fault.meta_name.size(), std::size_t{64})});
    element(of_values, "");
    if (!e.words().empty()) e.more(": ");
  }
  e.more(fault.rule);
}

inline error unreadable(std::string_view record_id) noexcept {
  return error(errc::unreadable_record, "components: null").of(record_id);
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
