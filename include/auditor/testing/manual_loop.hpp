// An asynchronous executor for tests: runs what is due when the test says so, on a clock that the test moves.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/http/executor.hpp>
#include <auditor/testing/bodies.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace testing {

/// The queue and the clock of asynchronous clients under test: nothing happens unless it is told to, and waits take no time.
///
/// ```cpp
/// auditor::testing::manual_loop loop;
/// using executor = auditor::testing::manual_async_executor;
/// executor on(loop);
/// using wire = auditor::testing::as_async<auditor::testing::scripted_transport, executor>;
/// auditor::client<wire, executor> client(wire(script, on, auditor::testing::arrival::later), on, {});
/// client.add(record, {}, [&](auditor::result<auditor::receipt> r) { stored = r.has_value(); });
/// loop.run();
/// CHECK(stored);
/// ```
/// **Threads**: one. **Lifetime**: outlives its executors and their wakeups.
class manual_loop {
 public:
  /// Begins somewhere above zero.
  ticks now() const noexcept { return now_; }

  /// Runs one thing that is due. False: there is nothing.
  bool run_one();
  /// Runs all that is due now.
  void run_due();
  /// Runs the next thing, and moves the clock on to it when it is not due yet. False: nothing is left.
  bool run_next();
  /// Runs everything, moving the clock as far as it takes. Does not return while there is always something.
  void run();
  /// Lets time pass; what became due runs with the next `run_due`.
  void advance(ticks by) noexcept { now_ += by; }
  /// How many things are posted or wait for their time.
  std::size_t waiting() const noexcept { return waiting_.size(); }

  // For executors.
  /// For executors: `fn(self)` at this time, for an owner.
  void add(const void* owner, ticks at, void (*fn)(void*) noexcept, void* self);
  /// For executors: forgets what this owner waits for.
  void remove(const void* owner) noexcept;

 private:
  struct item {
    const void* owner;
    ticks at;
    std::uint64_t number;
    void (*fn)(void*) noexcept;
    void* self;
  };
  std::vector<item> waiting_;
  ticks now_{1'000'000};
  std::uint64_t number_ = 0;
};

/// Satisfies `async_executor`: a handle on a `manual_loop`.
class manual_async_executor {
 public:
  /// On this loop, which outlives it.
  explicit manual_async_executor(manual_loop& loop, std::uint64_t seed = 1) noexcept;

  class wakeup {
   public:
    /// Nothing is asked for yet.
    wakeup(manual_async_executor& executor, void (*fn)(void*) noexcept, void* self) noexcept;
    wakeup(const wakeup&) = delete;
    wakeup& operator=(const wakeup&) = delete;
    ~wakeup() { cancel(); }

    void post() { wake_at(loop_->now()); }
    void wake_at(ticks time);
    void cancel() noexcept { loop_->remove(this); }

   private:
    manual_loop* loop_;
    void (*fn_)(void*) noexcept;
    void* self_;
  };

  ticks now() const noexcept { return loop_->now(); }
  std::uint64_t random() noexcept;

 private:
  manual_loop* loop_;
  std::uint64_t state_;
};
static_assert(async_executor<manual_async_executor>);

}  // namespace testing
}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_TESTING_BODIES
#include <auditor/impl/testing/manual_loop.ipp>
#endif
