// What a collected read has got so far, and how it is given back: in the order that the caller asked for.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/model/record.hpp>
#include <auditor/operation/options.hpp>
#include <auditor/query/query.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

/// Where a collected read keeps its records, and how it copies one: from the view, or by a codec of the caller's own.
struct collector {
  std::vector<record>* records = nullptr;  // null: each record is shown to the caller instead
  error (*fill)(record& r, const record_view& view, std::string_view text) = nullptr;
};

class collected {
 public:
  explicit collected(collector to) noexcept : to_(to) {}

  /// Does this read collect?
  explicit operator bool() const noexcept { return to_.records != nullptr; }

  error add(const record_view& r, std::string_view text) { return to_.fill(to_.records->emplace_back(), r, text); }
  /// Told at the end: a repeat would tell it twice.
  void add_unreadable(std::string_view id) { unreadable_ids_.emplace_back(id); }

  /// The answer comes once more, from its beginning.
  void forget() noexcept {
    to_.records->clear();
    unreadable_ids_.clear();
  }

  void tell_unreadable(const unreadable_callback& hears) const {
    for (const std::string& id : unreadable_ids_) hears(id);
  }

  /// Came in the order of ids, proven; wanted in another, and up to a limit. Returns how many there are.
  std::size_t arrange(const query& asked) {
    sort(asked.order().value_or(ascending(field::stop_time)));  // without one as the server does: open records last
    if (asked.limit() && to_.records->size() > *asked.limit())
      to_.records->resize(static_cast<std::size_t>(*asked.limit()));
    return to_.records->size();
  }

 private:
  void sort(const order& by) {
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

  collector to_;
  std::vector<std::string> unreadable_ids_;
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
