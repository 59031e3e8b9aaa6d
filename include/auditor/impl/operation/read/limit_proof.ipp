// Bodies of operation/read/limit_proof.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/operation/read/limit_proof.hpp>

#include <algorithm>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

AUDITOR_DECL bool limit_proof::came(record_count records, record_count limit) noexcept {
  limit_ = limit;
  expected_ = records;
  counts_ = records < limit_;
  if (counts_) expected_ = 0;
  return counts_;
}

AUDITOR_DECL bool limit_proof::is_complete(record_count received) const noexcept {
  return received >= (std::min)(expected_, limit_);
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
