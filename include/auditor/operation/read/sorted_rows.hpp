// Whether records come in the order that was asked for.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/model/record_view.hpp>
#include <auditor/query/order.hpp>

#include <cstdint>

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
  std::int64_t before_ = 0;  // of the record before
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_BODIES
#include <auditor/impl/operation/read/sorted_rows.ipp>
#endif
