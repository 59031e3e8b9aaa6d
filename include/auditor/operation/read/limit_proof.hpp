// Whether a read with a limit is complete: as many records came as match, up to the limit.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/operation/read/record_count.hpp>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

/// As many as the limit are their own proof. Fewer may be all that there are, or what a cut answer left: then those that match
/// are counted first, by the proof of a read without a limit, and the answer that the caller wants must have as many. More
/// may have been stored since; that is no fault.
class limit_proof {
 public:
  /// So many came of at most `limit`, in an answer that may have been cut behind any record. Must they be counted?
  bool came(record_count records, record_count limit) noexcept;

  /// Are those that match counted, and not shown?
  bool counts() const noexcept { return counts_; }
  void count() noexcept { ++expected_; }
  void counted() noexcept { counts_ = false; }

  bool is_complete(record_count received) const noexcept;

 private:
  record_count limit_ = 0;
  record_count expected_ = 0;  // so many match, or more
  bool counts_ = false;
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_BODIES
#include <auditor/impl/operation/read/limit_proof.ipp>
#endif
