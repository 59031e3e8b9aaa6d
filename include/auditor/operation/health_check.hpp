// GET /health_check: does Auditor run there, with its database, and may we ask?
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/operation/operation.hpp>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

class health_check_operation : public no_reply {
 public:
  after start() { return after::next_request; }
  route what() const { return route::health_check; }
  patience how() const { return patience::once; }
  request_view begin() { return {verb::get, "/health_check", {}, {}}; }
  after finish(const verdict& judged) {
    outcome_ = judged.error;
    return after::done;
  }
  result<void> take() { return outcome_; }

 private:
  error outcome_;
};
static_assert(operation<health_check_operation>);

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
