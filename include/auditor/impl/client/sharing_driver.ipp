// Bodies of client/sharing_driver.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/client/sharing_driver.hpp>

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

AUDITOR_DECL judgement shared_answer::judged() const noexcept {
  if (failure) return classify_failure(route::post_records, failure.code);
  constexpr std::size_t kept_head = 512, kept_tail = 64;
  const std::string_view all = text;
  return classify(route::post_records, head.status,
                  {all.substr(0, kept_head), all.substr(all.size() - (std::min)(all.size(), kept_tail)), all.size()});
}

AUDITOR_DECL bool shared_answer::is_of_one_of_them() const noexcept {
  const errc code = failure ? errc::connection_lost : judged().code;
  // Who may not send several, or has no way to, may send one.
  return code == errc::record_exists || code == errc::invalid_record || code == errc::record_too_large ||
         code == errc::not_authorised || code == errc::wrong_endpoint;
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
