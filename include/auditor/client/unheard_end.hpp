// A stream whose end nobody asked about: a failure that goes unheard of ends the program, as a joinable std::thread does.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/result.hpp>
#include <auditor/operation/read_summary.hpp>

#if AUDITOR_EXCEPTIONS
#include <exception>
#endif

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

/// A member of a stream, as old as it is. To a loop over `next` an error looks like an end: "0 records, and all is well".
class unheard_end {
 public:
  void heard() noexcept { heard_ = true; }

  /// In the destructor of a stream that has no more records.
  void check(const result<read_summary>& ended) const noexcept;

 private:
#if AUDITOR_EXCEPTIONS
  bool is_exception_passing() const noexcept;
  int passing_before_ = std::uncaught_exceptions();
#else
  static bool is_exception_passing() noexcept { return false; }
#endif
  bool heard_ = false;
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_BODIES
#include <auditor/impl/client/unheard_end.ipp>
#endif
