// What a collected read has got so far, and how it is given back: in the order that the caller asked for.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/model/record.hpp>
#include <auditor/operation/options.hpp>
#include <auditor/query/query.hpp>

#include <cstddef>
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

  error add(const record_view& r, std::string_view text);
  /// Told at the end: a repeat would tell it twice.
  void add_unreadable(std::string_view id);

  /// The answer comes once more, from its beginning.
  void forget() noexcept;

  void tell_unreadable(const unreadable_callback& hears) const;

  /// Came in the order of ids, proven; wanted in another, and up to a limit. Returns how many there are.
  std::size_t arrange(const query& asked);

 private:
  void sort(const order& by);

  collector to_;
  std::vector<std::string> unreadable_ids_;
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_BODIES
#include <auditor/impl/operation/read/collected.ipp>
#endif
