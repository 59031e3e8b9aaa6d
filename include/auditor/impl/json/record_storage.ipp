// Bodies of json/record_storage.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/json/record_storage.hpp>

#include <cstddef>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {

AUDITOR_DECL meta_view record_storage::meta_at(const void* self, std::size_t i) {
  const auto& storage = *static_cast<const record_storage*>(self);
  const meta_slot& slot = storage.metas_[i];
  return {slot.name, view_list<std::string_view>::over(storage.values_.data() + slot.first, slot.count)};
}

AUDITOR_DECL component_view record_storage::component_at(const void* self, std::size_t i) {
  const auto& storage = *static_cast<const record_storage*>(self);
  const component_slot& slot = storage.components_[i];
  return {slot.name, slot.amount, view_list<score_view>::over(storage.scores_.data() + slot.first, slot.count)};
}

AUDITOR_DECL void record_storage::clear() noexcept {
  metas_.clear();
  values_.clear();
  components_.clear();
  scores_.clear();
  plain_used_ = 0;
}

}  // namespace AUDITOR_ABI
}  // namespace auditor
