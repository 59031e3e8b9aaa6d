// The blocking driver: moves bytes between a transport and an exchange, and waits. It decides nothing.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/client/client_state.hpp>
#include <auditor/exchange/exchange.hpp>
#include <auditor/http/executor.hpp>
#include <auditor/http/transport.hpp>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

template <transport Transport, blocking_executor Executor>
class blocking_driver {
 public:
  blocking_driver(client_state<Transport, Executor>& of, const driven& op, const call_options& call)
      : transport_(of.transport), executor_(of.executor), exchange_(op, of.settings, call, environment::of(of.executor)) {}

  /// Runs until the operation has a record for the caller (true) or its result (false).
  bool next() {
    if (!started_) {
      started_ = true;
      at_ = exchange_.start();
    } else if (at_ == step::item) {
      at_ = exchange_.resume();
    }
    for (;;) {
      switch (at_) {
        case step::open:
          open();
          at_ = exchange_.opened();
          break;
        case step::read:
          read();
          at_ = exchange_.got();
          break;
        case step::wait:
          executor_.sleep_until(exchange_.wake_at(), exchange_.cancel());
          at_ = exchange_.woke();
          break;
        case step::item: return true;
        case step::finished: return false;
      }
    }
  }

 private:
  // Apart, so that the frames of a transport and its results are gone when the exchange goes on.
  [[gnu::noinline]] void open() { exchange_.hear(transport_.open(stream_, exchange_.request(), exchange_.limits())); }
  [[gnu::noinline]] void read() { exchange_.hear(stream_.read(exchange_.room(), exchange_.limits())); }

  Transport& transport_;
  Executor& executor_;
  typename Transport::stream stream_{};
  exchange exchange_;
  step at_ = step::open;
  bool started_ = false;
};

/// Runs an operation to its end. `show` shows a record of it, and says whether it is to go on; null: it has none to show. Apart
/// from the calls, so that they are small.
template <transport Transport, blocking_executor Executor>
void drive(client_state<Transport, Executor>& of, const driven& op, const call_options& call, void* self,
           bool (*show)(void* self)) {
  blocking_driver<Transport, Executor> driver(of, op, call);
  while (driver.next() && show != nullptr && show(self)) continue;
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
