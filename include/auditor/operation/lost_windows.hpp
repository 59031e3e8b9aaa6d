// Remembers the windows of a bulk whose answers were lost, so that a duplicate met later is told from a record of our own.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/config.hpp>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <vector>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

/// A stack of nested windows [lo, hi) of positions in the sorted batch. A bulk is one transaction: if any record of a
/// lost window turns out to be missing on the server, that window never was stored, and its duplicates are somebody
/// else's; if all of them exist, they are ours.
class lost_windows {
 public:
  struct window {
    std::size_t lo, hi;
    bool refuted;   // certainly not stored as a whole
    bool doubtful;  // some record of it is not known to exist
  };

  void lose(std::size_t lo, std::size_t hi) {
    if (stack_.empty() || stack_.back().lo != lo || stack_.back().hi != hi)
      stack_.push_back({lo, hi, false, false});
    else
      stack_.back().refuted = false;  // sent again since: that attempt may have been stored
  }
  /// A record of [lo, hi) turned out to be missing until now. `lo` is inside every window of the stack.
  void refute() noexcept {
    for (window& each : stack_) each.refuted = true;
  }
  /// A record of [lo, hi) could not be settled: that all of the window exist will never be known.
  void doubt() noexcept {
    for (window& each : stack_) each.doubtful = true;
  }
  /// Where the innermost window ends: no new window grows past it.
  std::size_t end() const noexcept { return stack_.empty() ? (std::numeric_limits<std::size_t>::max)() : stack_.back().hi; }
  /// Where the outermost window begins.
  std::size_t begin_or(std::size_t none) const noexcept { return stack_.empty() ? none : stack_.front().lo; }
  /// Was this position part of an attempt whose answer was lost?
  bool holds(std::size_t position) const noexcept {
    return any([position](const window& each) { return each.lo <= position && position < each.hi; });
  }
  /// ... of one that may have been stored, for all we know?
  bool may_hold(std::size_t position) const noexcept {
    return any([position](const window& each) { return !each.refuted && each.lo <= position && position < each.hi; });
  }

  /// Tells `settle(window)` of each window that ends at or before `position`, innermost first.
  template <class Settle>
  void close(std::size_t position, Settle settle) {
    while (!stack_.empty() && stack_.back().hi <= position) {
      const window over = stack_.back();
      stack_.pop_back();
      settle(over);
    }
  }

 private:
  template <class Test>
  bool any(Test test) const noexcept {
    return std::any_of(stack_.begin(), stack_.end(), test);
  }

  std::vector<window> stack_;
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
