// Whether records come in the order that was asked for.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/model/record_view.hpp>
#include <auditor/query/order.hpp>

#include <cstdint>
#include <optional>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

/// Of times and runtimes. In which order ids are, only the database knows.
class sorted_rows {
 public:
  /// An answer begins.
  void begin(const order& by) noexcept;
  bool goes_on_with(const record_view& r) noexcept;

 private:
  order by_;
  bool is_first_ = true;
  std::optional<std::int64_t> before_;  // of the record before; none: it is open
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_BODIES
#include <auditor/impl/operation/read/sorted_rows.ipp>
#endif
