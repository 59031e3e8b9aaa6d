// GET /health_check: does Auditor run there, with its database, and may we ask?
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/operation/operation.hpp>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

class health_check_operation {
 public:
  health_check_operation() noexcept {}  // as that of result<void>

  next_action start() { return next_action::next_request; }
  request_kind kind() const;
  request_view begin();
  next_action finish(const judged_answer& judged);
  result<void> take() { return outcome_; }

 private:
  error outcome_;
};
static_assert(operation<health_check_operation>);

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_BODIES
#include <auditor/impl/operation/health_check.ipp>
#endif
