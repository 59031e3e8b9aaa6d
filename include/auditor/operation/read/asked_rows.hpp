// Whether a record can be one of those that a query asks for: what answers in between may answer with the list of another.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/model/record_view.hpp>
#include <auditor/query/query.hpp>
#include <auditor/query/range.hpp>

#include <cstdint>
#include <limits>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

/// Compares what every server compares alike: times and runtimes; of names what those compare alike that take several values. A
/// record that was asked for always passes. In constant memory, and at the price of some instructions.
class asked_rows {
 public:
  /// For all that a query asks for, or for its ranges alone.
  void ask(const query& asked, bool names) noexcept;
  /// What is shown has not all of its names.
  void ignore_names() noexcept { has_names_ = false; }

  /// Of one that is not `is_whole` there are times and runtime only.
  bool may_have(const query& asked, const record_view& r, bool is_whole) const noexcept {
    if (has_ranges_ && !is_in_ranges(asked, r)) return false;
    return compact || !has_names_ || !is_whole || holds_names(asked, r);
  }

 private:
  struct bounds {
    std::int64_t least = (std::numeric_limits<std::int64_t>::min)(), most = (std::numeric_limits<std::int64_t>::max)();
    bool are_asked = false;

    bool hold(std::int64_t value) const noexcept { return value >= least && value <= most; }
  };

  static bounds bounds_of(const range& asked) noexcept;
  bool is_in_ranges(const query& asked, const record_view& r) const noexcept;
  static bool holds_names(const query& asked, const record_view& r) noexcept;

  bounds start_, stop_, runtime_;
  bool has_ranges_ = false, has_names_ = false;
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_BODIES
#include <auditor/impl/operation/read/asked_rows.ipp>
#endif
