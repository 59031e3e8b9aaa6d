// Bodies of operation/update.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/operation/update.hpp>

#include <utility>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

AUDITOR_DECL update_operation::update_operation(encoded_record encoded)
    : body_(std::move(encoded.body)), named_(encoded.named), failure_(encoded.failure) {}

AUDITOR_DECL request_kind update_operation::kind() const { return {route::put_record, repeat_rule::write}; }

AUDITOR_DECL request_view update_operation::begin() { return {verb::put, "/record", json_headers, body_}; }

AUDITOR_DECL next_action update_operation::finish(const judged_answer& judged) {
  failure_ = judged.error;
  if (failure_) failure_.of(named_.record_id());
  return next_action::done;
}

AUDITOR_DECL result<void> update_operation::take() {
  if (failure_) return failure_;
  return {};
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
