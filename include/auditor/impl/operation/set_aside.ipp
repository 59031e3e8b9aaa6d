// Bodies of operation/set_aside.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/operation/set_aside.hpp>

#include <utility>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

AUDITOR_DECL bool set_aside::put(const part& p) {
  if (!second_time_ && !parts_.push_back(p)) return false;
  return ++in_a_row_ < most_in_a_row;
}

AUDITOR_DECL const set_aside::part* set_aside::take() noexcept {
  second_time_ = true;
  if (begin() == end()) return nullptr;
  if (!std::exchange(had_second_time_, true)) in_a_row_ = 0;
  return &parts_[taken_++];
}

AUDITOR_DECL bool set_aside::stops_all(const error& why) noexcept {
  switch (why.code) {
    case errc::server_failure:
    case errc::connection_lost:
    case errc::connect_failed:
    case errc::timed_out:
    case errc::not_auditor: return false;
    case errc::wrong_endpoint: return why.status != 407 && why.status / 100 != 3;  // those may pass
    default: return true;  // not authorised, another endpoint, no TLS, cancelled ...
  }
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
