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
inline void describe(error& e, const json_fault& fault, std::string_view record_id) noexcept {
  e.code = fault.code;
  e.of(record_id);
  if (!fault.incomplete) {
    const auto path = [&e](const char* part) {
      if (e.text[0] != '\0') e.more(".");
      e.more(part);
    };
    constexpr const char* lists[] = {"components", "scores", nullptr};
    for (unsigned list = 0; list < 3; ++list) {
      if (list == of_values) {
        if (fault.field != nullptr) path(fault.field);
        if (!fault.meta_name.empty()) {
          path("");
          e.more({fault.meta_name.data(), (std::min)(fault.meta_name.size(), std::size_t{64})});
        }
      }
      if (fault.at_element[list] == json_fault::none) continue;
      if (list != of_values) path(lists[list]);
      e.more("[").more(std::uint64_t{fault.at_element[list]}).more("]");
    }
    if (e.text[0] != '\0') e.more(": ");
  }
  e.more(fault.rule);
}

inline error unreadable(std::string_view record_id) noexcept {
  return error(errc::unreadable_record, "components: null").of(record_id);
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
