// Bodies of operation/health_check.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/operation/health_check.hpp>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

AUDITOR_DECL request_kind health_check_operation::kind() const { return {route::health_check, repeat_rule::never}; }

AUDITOR_DECL request_view health_check_operation::begin() { return {verb::get, health_path, fresh_headers, {}}; }

AUDITOR_DECL next_action health_check_operation::finish(const judged_answer& judged) {
  outcome_ = judged.error;
  return next_action::done;
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
