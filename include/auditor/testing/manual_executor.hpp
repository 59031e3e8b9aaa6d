// An executor for tests: its clock moves only when somebody waits, its randomness is a seed. No test has to sleep.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/http/executor.hpp>
#include <auditor/testing/bodies.hpp>

#include <cstdint>
#include <vector>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace testing {

/// Satisfies `blocking_executor`: a wait moves the clock, and takes no time.
///
/// ```cpp
/// auditor::client client(wire, auditor::testing::manual_executor(), {});
/// client.add(record);
/// CHECK(client.executor().waits().size() == 4);  // five attempts; the client has a copy of its own
/// ```
/// The jitter is the same for the same seed. **Threads**: one.
class manual_executor {
 public:
  /// The same jitter for the same seed.
  explicit manual_executor(std::uint64_t seed) noexcept : state_(seed) {}
  /// With the seed 1.
  manual_executor() noexcept : manual_executor(1) {}

  ticks now() const noexcept { return now_; }
  std::uint64_t random() noexcept;
  void sleep_until(ticks time, const cancel_flag* cancelled);

  /// Lets time pass.
  void advance(ticks by) noexcept { now_ += by; }
  /// The length of each wait so far.
  const std::vector<ticks>& waits() const noexcept { return waits_; }

 private:
  ticks now_{1'000'000};
  std::uint64_t state_;
  std::vector<ticks> waits_;
};
static_assert(blocking_executor<manual_executor>);

}  // namespace testing
}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_TESTING_BODIES
#include <auditor/impl/testing/manual_executor.ipp>
#endif
