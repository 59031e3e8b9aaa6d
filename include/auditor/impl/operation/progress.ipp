// Bodies of operation/progress.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/operation/progress.hpp>

#include <cstddef>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

AUDITOR_DECL void told_progress::tell(std::size_t done, std::size_t of) {
  if (!to_ || told_ == done) return;
  told_ = done;  // first: the callback may throw
  to_(done, of);
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
