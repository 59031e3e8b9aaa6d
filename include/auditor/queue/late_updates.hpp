// Which updates of a queue wait because the server may still be setting a stop time that nobody knows of.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/http/call.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <unordered_map>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

/// Whose stop time may come late: one that was sent and has no answer, or that another process sent just before it ended. Another update of the same id waits.
///
/// **Memory**: some 40 bytes for each of `most` ids; with more all updates wait.
class late_updates {
 public:
  explicit late_updates(std::size_t most) noexcept : most_(most) {}

  /// Until then those of this id wait, by its hash.
  void hold(std::uint64_t id, ticks until) {
    if (until <= all_until_) return;
    if (of_.size() >= most_ && !of_.contains(id)) {
      all_until_ = until;
      return;
    }
    ticks& its = of_[id];
    its = (std::max)(its, until);
    first_ = (std::min)(first_, its);
  }
  /// Until then all wait.
  void hold_all(ticks until) noexcept { all_until_ = (std::max)(all_until_, until); }
  /// Those for whom the time is over.
  void forget(ticks now) {
    if (now < first_) return;
    std::erase_if(of_, [now](const auto& each) { return each.second <= now; });
    first_ = (ticks::max)();
    for (const auto& each : of_) first_ = (std::min)(first_, each.second);
  }

  bool holds_all(ticks now) const noexcept { return now < all_until_; }
  /// As of the last `forget`.
  bool holds(std::uint64_t id) const noexcept { return of_.contains(id); }
  /// When one that waits need not any more; `otherwise`, if none does.
  ticks next(ticks otherwise) const noexcept { return (std::max)(all_until_, of_.empty() ? otherwise : first_); }

 private:
  std::size_t most_;
  std::unordered_map<std::uint64_t, ticks> of_;
  ticks first_ = (ticks::max)();  // of these times, or before it
  ticks all_until_{};
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
