// Bodies of model/record_view.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/model/record_view.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace auditor {
inline namespace AUDITOR_MODEL_ABI {

// Strings are filled in, not made at their size, but for the id: see docs/decisions/0019-what-a-codec-waits-for.md.
AUDITOR_DECL void assign(record& to, const record_view& from) {
  if (to.record_id.empty())
    to.record_id = std::string(from.record_id);
  else
    to.record_id.assign(from.record_id);
  std::vector<meta_entry>& entries = to.meta.entries();
  entries.resize(from.meta.size());
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const meta_view source = from.meta[i];
    entries[i].name.assign(source.name);
    entries[i].values.resize(source.values.size());
    for (std::size_t k = 0; k < source.values.size(); ++k) entries[i].values[k].assign(source.values[k]);
  }
  to.components.resize(from.components.size());
  for (std::size_t i = 0; i < to.components.size(); ++i) {
    const component_view source = from.components[i];
    component& target = to.components[i];
    target.name.assign(source.name);
    target.amount = source.amount;
    target.scores.resize(source.scores.size());
    for (std::size_t k = 0; k < source.scores.size(); ++k) {
      const score_view value = source.scores[k];
      target.scores[k].name.assign(value.name);
      target.scores[k].value = value.value;
    }
  }
  to.start_time = from.start_time;
  to.stop_time = from.stop_time;
  to.runtime = from.runtime;
}

AUDITOR_DECL record to_record(const record_view& from) {
  record r;
  assign(r, from);
  return r;
}

}  // namespace AUDITOR_MODEL_ABI
}  // namespace auditor
