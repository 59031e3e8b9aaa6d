// Bodies of operation/read/collected.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/impl/base/sorted_numbers.hpp>
#include <auditor/impl/operation/read/row_order.hpp>
#include <auditor/operation/read/collected.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

AUDITOR_DECL collected::~collected() = default;

AUDITOR_DECL collector collected::as_collector() noexcept {
  return {[](void* self, const record_view& r, std::string_view text, error& why) {
            return static_cast<collected*>(self)->add(r, text, why);
          },
          [](void* self, std::string_view id) { static_cast<collected*>(self)->add_unreadable(id); },
          [](void* self) noexcept { static_cast<collected*>(self)->forget(); }, this};
}

AUDITOR_DECL bool collected::add(const record_view& r, std::string_view text, error& why) {
  why = fill_(records.emplace_back(), r, text);
  if (why) is_of_answer(why, r.record_id);
  return !why;
}

AUDITOR_DECL void collected::add_unreadable(std::string_view id) { unreadable_ids_.push_back(std::string(id)); }

AUDITOR_DECL void collected::forget() noexcept {
  records.clear();
  unreadable_ids_.clear();
}

AUDITOR_DECL void collected::tell_unreadable(const unreadable_callback& hears) const {
  for (const std::string& id : unreadable_ids_) hears(id);
}

AUDITOR_DECL void collected::arrange(const query& asked) {
  sort(asked.order().value_or(ascending(field::stop_time)));  // without one as the server does: open records last
  if (asked.limit())
    while (records.size() > *asked.limit()) records.pop_back();
}

AUDITOR_DECL void collected::sort(const order& by) {
  if (by.by == field::record_id) {
    if (by.descends) std::reverse(records.begin(), records.end());
    return;
  }
  const auto at = [this](std::uint32_t i) -> const record& { return records[i]; };
  const row_order before(by, at);
  std::vector<std::uint32_t> order = sorted_numbers(records.size(), number_order::by(before));
  for (std::uint32_t i = 0; i < order.size(); ++i) {  // each ring of places that change hands
    std::uint32_t place = i;
    for (std::uint32_t from = order[place]; from != i; from = order[place]) {
      std::swap(records[place], records[from]);
      order[place] = place;
      place = from;
    }
    order[place] = place;
  }
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
