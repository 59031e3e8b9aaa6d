// Bodies of model/record_view.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/impl/model/owned_list.hpp>
#include <auditor/model/record_view.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace auditor {
inline namespace AUDITOR_MODEL_ABI {

namespace model_detail {

inline void assign_part(std::string& to, std::string_view from) { to.assign(from); }
inline void assign_part(score& to, const score_view& from) {
  to.name.assign(from.name);
  to.value = from.value;
}
inline void assign_part(component& to, const component_view& from);
inline void assign_part(meta_entry& to, const meta_view& from);

// Of what is there the memory is used again.
template <class T, class View>
void assign_list(std::vector<T>& to, const view_list<View>& from) {
  if (to.size() > from.size()) to.resize(from.size());
  for (std::size_t i = 0; i < to.size(); ++i) assign_part(to[i], from[i]);
  append_copies(to, from);
}

inline void assign_part(component& to, const component_view& from) {
  to.name.assign(from.name);
  to.amount = from.amount;
  assign_list(to.scores, from.scores);
}
inline void assign_part(meta_entry& to, const meta_view& from) {
  to.name.assign(from.name);
  assign_list(to.values, from.values);
}

}  // namespace model_detail

AUDITOR_DECL void assign(record& to, const record_view& from) {
  if (to.record_id.empty())
    to.record_id = std::string(from.record_id);  // just as long, as all that is made anew
  else
    to.record_id.assign(from.record_id);
  model_detail::assign_list(to.meta.entries(), from.meta);
  model_detail::assign_list(to.components, from.components);
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
