// `use_future`: a token that makes a call of an asynchronous client return a std::future.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/client/client.hpp>

#include <future>
#include <utility>

namespace auditor {
inline namespace AUDITOR_ABI {

/// See `use_future`.
struct AUDITOR_EXPORT use_future_t {
  /// Begins the call and gives its future: for the client.
  template <class Call>
  auto initiate(Call call) const {
    std::promise<typename Call::value_type> promise;
    auto future = promise.get_future();
    call.start(
        [promise = std::move(promise)](typename Call::value_type answer) mutable { promise.set_value(std::move(answer)); });
    return future;
  }
};
/// As a token, makes a call return a `std::future` of its result.
///
/// ```cpp
/// std::future<auditor::result<auditor::receipt>> added = client.add(record, {}, auditor::use_future);
/// if (const auto r = added.get(); !r) std::cerr << message(r.error()) << '\n';
/// ```
/// **Errors**: in the result; `get` throws nothing. **Threads**: wait on another thread than the executor's, which would wait
/// for itself. **Lifetime**: the future may go before the call is over, which goes on; the client may not. Where the loop ends
/// before the call, `get` waits for ever: `drain` the client first.
inline constexpr use_future_t use_future{};

}  // namespace AUDITOR_ABI
}  // namespace auditor
