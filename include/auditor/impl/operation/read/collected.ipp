// Bodies of operation/read/collected.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/operation/read/collected.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

AUDITOR_DECL error collected::add(const record_view& r, std::string_view text) {
  return to_.fill(to_.records->emplace_back(), r, text);
}

AUDITOR_DECL void collected::add_unreadable(std::string_view id) { unreadable_ids_.emplace_back(id); }

AUDITOR_DECL void collected::forget() noexcept {
  to_.records->clear();
  unreadable_ids_.clear();
}

AUDITOR_DECL void collected::tell_unreadable(const unreadable_callback& hears) const {
  for (const std::string& id : unreadable_ids_) hears(id);
}

AUDITOR_DECL std::size_t collected::arrange(const query& asked) {
  sort(asked.order().value_or(ascending(field::stop_time)));  // without one as the server does: open records last
  if (asked.limit() && to_.records->size() > *asked.limit()) to_.records->resize(static_cast<std::size_t>(*asked.limit()));
  return to_.records->size();
}

AUDITOR_DECL void collected::sort(const order& by) {
  if (by.by == field::record_id) {
    if (by.descends) std::reverse(to_.records->begin(), to_.records->end());
    return;
  }
  const auto sort = [this, &by](auto key) {
    std::sort(to_.records->begin(), to_.records->end(), [&key, &by](const record& a, const record& b) {
      const auto x = key(a), y = key(b);
      if (x == y) return a.record_id < b.record_id;
      if (!x || !y) return by.descends ? !x && y : x && !y;
      return by.descends ? *y < *x : *x < *y;
    });
  };
  switch (by.by) {
    case field::start_time: sort([](const record& r) { return std::optional<timestamp>(r.start_time); }); break;
    case field::stop_time: sort([](const record& r) { return r.stop_time; }); break;
    case field::runtime: sort([](const record& r) { return r.runtime; }); break;
    case field::record_id: break;
  }
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
