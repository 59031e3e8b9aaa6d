// `use_future`: a token that makes a call of an asynchronous client return a std::future.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/client/client.hpp>

#include <future>
#include <utility>

namespace auditor {
inline namespace AUDITOR_ABI {

/// `std::future<auditor::result<auditor::receipt>> added = client.add(record, {}, auditor::use_future);`
/// **Threads**: wait on another thread than the executor's.
struct AUDITOR_EXPORT use_future_t {
  template <class Call>
  auto initiate(Call call) const {
    std::promise<typename Call::value_type> promise;
    auto future = promise.get_future();
    call.start(
        [promise = std::move(promise)](typename Call::value_type answer) mutable { promise.set_value(std::move(answer)); });
    return future;
  }
};
inline constexpr use_future_t use_future{};

}  // namespace AUDITOR_ABI
}  // namespace auditor
