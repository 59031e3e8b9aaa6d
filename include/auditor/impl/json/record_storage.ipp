// Bodies of json/record_storage.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/json/record_storage.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

namespace auditor {
inline namespace AUDITOR_ABI {

AUDITOR_DECL meta_view record_storage::meta_at(const void* list, std::size_t i) {
  const meta_slot& slot = static_cast<const meta_slot*>(list)[i];
  return {slot.name, {slot.values, slot.count, &before<std::string_view>}};
}

AUDITOR_DECL component_view record_storage::component_at(const void* list, std::size_t i) {
  const component_slot& slot = static_cast<const component_slot*>(list)[i];
  return {slot.name, slot.amount, {slot.scores, slot.count, &before<score_view>}};
}

AUDITOR_DECL bool record_storage::make_room(std::size_t wanted, std::size_t plain) {
  plain_ = plain;
  if (wanted <= pool_.size()) return true;
  if (pool_.is_fixed()) return false;
  pool_.grow(0, (std::max)((std::max)(2 * pool_.size(), whole_units(wanted)), first_size));
  return true;
}

AUDITOR_DECL void record_storage::move_to(std::span<char> fixed) noexcept {
  const std::size_t beside =
      whole_units(reinterpret_cast<std::uintptr_t>(fixed.data())) - reinterpret_cast<std::uintptr_t>(fixed.data());
  fixed = fixed.subspan((std::min)(beside, fixed.size()));
  pool_.move_to(fixed.first(fixed.size() / unit * unit));
}

}  // namespace AUDITOR_ABI
}  // namespace auditor
