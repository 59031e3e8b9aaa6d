// Several asynchronous drivers side by side: one for each part of an operation that comes in parts.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/client/async_driver.hpp>

#include <concepts>
#include <cstddef>
#include <memory>
#include <vector>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

/// An operation whose `parts()` may be under way at once: itself and each `another_part()` is driven on its own, and they
/// agree among themselves who does what. All of them run on one strand. None has records to show.
template <class Operation>
concept has_parts = operation<Operation> && operation<typename Operation::part> && requires(Operation& op) {
  { op.parts() } -> std::same_as<std::size_t>;
  { op.another_part() } -> std::same_as<typename Operation::part>;
};

/// **Threads** and **Lifetime**: as `async_driver`. **Memory**: one allocation for each part but the first.
template <class Operation, async_transport Transport, async_executor Executor>
class parallel_driver {
 public:
  parallel_driver(client_state<Transport, Executor>& of, Operation& op, const call_options& call, listener tells)
      : listener_(tells), running_(op.parts()), first_(of, op, call, own_listener()) {
    for (std::size_t i = 1; i < running_; ++i)
      others_.push_back(std::make_unique<driven_part>(of, op, call, own_listener()));
  }
  parallel_driver(const parallel_driver&) = delete;
  parallel_driver& operator=(const parallel_driver&) = delete;

  void start() {
    const std::size_t others = others_.size();  // with the last of them started, all may be over and gone
    first_.start();
    for (std::size_t i = 0; i < others; ++i) others_[i]->driver.start();
  }

  void cancel() noexcept {
    if (running_ == 0) return;
    ++running_;  // the end must not come in the middle of this
    first_.cancel();
    for (const auto& each : others_) each->driver.cancel();
    one_less();
  }

 private:
  struct driven_part {
    driven_part(client_state<Transport, Executor>& of, Operation& op, const call_options& call, listener tells)
        : part(op.another_part()), driver(of, part, call, tells) {}
    typename Operation::part part;
    async_driver<Transport, Executor> driver;
  };

  listener own_listener() noexcept {
    return {[](void*) noexcept { return reaction::go_on; },
            [](void* self) noexcept { static_cast<parallel_driver*>(self)->one_less(); }, this};
  }
  void one_less() noexcept {
    if (--running_ == 0) listener_.finished(listener_.self);
  }

  listener listener_;
  std::size_t running_;
  async_driver<Transport, Executor> first_;
  std::vector<std::unique_ptr<driven_part>> others_;
};

template <class Operation, class Transport, class Executor>
struct driver_type_of {
  using type = async_driver<Transport, Executor>;
};
template <has_parts Operation, class Transport, class Executor>
struct driver_type_of<Operation, Transport, Executor> {
  using type = parallel_driver<Operation, Transport, Executor>;
};
template <class Operation, class Transport, class Executor>
using driver_of = typename driver_type_of<Operation, Transport, Executor>::type;

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
