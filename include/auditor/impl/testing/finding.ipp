// Bodies of testing/finding.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/testing/finding.hpp>

#include <algorithm>
#include <string>
#include <vector>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace testing {

AUDITOR_DECL bool conforms(const std::vector<finding>& all) noexcept {
  return std::none_of(all.begin(), all.end(), [](const finding& each) { return each.what == standing::broken; });
}

AUDITOR_DECL std::string report(const std::vector<finding>& all) {
  std::string text;
  for (const finding& each : all) {
    if (each.what == standing::kept) continue;
    text.append(each.what == standing::broken ? "BROKEN  " : "skipped ").append(each.rule);
    text.append(": ").append(each.happened).append("\n");
  }
  return text;
}

}  // namespace testing
}  // namespace AUDITOR_ABI
}  // namespace auditor
