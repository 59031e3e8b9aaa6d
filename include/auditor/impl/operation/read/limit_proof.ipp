// Bodies of operation/read/limit_proof.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/operation/read/limit_proof.hpp>

#include <algorithm>
#include <cstdint>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

AUDITOR_DECL bool limit_proof::came(std::uint64_t records) noexcept {
  expected_ = records;
  counts_ = records < limit_;
  if (counts_) expected_ = 0;
  return counts_;
}

AUDITOR_DECL bool limit_proof::is_complete(std::uint64_t received) const noexcept {
  return received >= (std::min)(expected_, limit_);
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
