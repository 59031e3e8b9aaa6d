// Tells a callback how far a bulk is, and nothing twice.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/operation/options.hpp>

#include <cstddef>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

class told_progress {
 public:
  explicit told_progress(const progress_callback& to) noexcept : to_(to) {}

  void tell(std::size_t done, std::size_t of);

 private:
  progress_callback to_;
  std::size_t told_ = static_cast<std::size_t>(-1);
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_BODIES
#include <auditor/impl/operation/progress.ipp>
#endif
