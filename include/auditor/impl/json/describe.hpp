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
    const char* const parts[] = {"components", "scores", fault.field};
    const char *between = "", *behind = "";
    for (unsigned list = 0; list < 3; ++list) {
      const std::size_t element = fault.at_element[list];
      if (list == of_values ? fault.field == nullptr : element == 0) continue;
      e.more(between).more(parts[list]);
      between = ".";
      behind = ": ";
      if (list == of_values && !fault.meta_name.empty())
        e.more(between).more({fault.meta_name.data(), (std::min)(fault.meta_name.size(), std::size_t{64})});
      if (element != 0) e.more("[").more(std::uint64_t{element - 1}).more("]");
    }
    e.more(behind);
  }
  e.more(fault.rule);
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
