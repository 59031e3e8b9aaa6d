// The parts of a batch that stay unknown: set aside, so that the others can go on, and tried once more at the end.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/array.hpp>
#include <auditor/base/error.hpp>
#include <auditor/base/memory.hpp>

#include <cstddef>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

/// One part that fails may be bad luck, and the next one fine; several in a row are a server that is not there.
class set_aside {
 public:
  struct part {
    std::size_t lo, hi;  // [lo, hi)
    bool lost;           // an attempt at it may have been stored
  };

  explicit set_aside(memory& in) noexcept : parts_(in) {}

  /// False: that is the last straw; the part may not be among those to be tried, for want of room.
  bool put(const part& p);
  /// The server answered.
  void went_well() noexcept { in_a_row_ = 0; }

  /// The first round is over: the next part to try once more, or null. **Lifetime**: until the next `put`.
  const part* take() noexcept;
  bool is_second_time() const noexcept { return second_time_; }
  /// What comes now comes for the first time. A server that was not there is not forgiven once more.
  void next_round() noexcept { second_time_ = false; }
  /// What is still to be tried.
  const part* begin() const noexcept { return parts_.begin() + taken_; }
  const part* end() const noexcept { return parts_.end(); }

  /// Would the next part meet with the same?
  static bool stops_all(const error& why) noexcept;

 private:
  static constexpr unsigned most_in_a_row = 3;

  array<part> parts_;
  std::size_t taken_ = 0;  // of the parts, the first ones
  unsigned in_a_row_ = 0;
  bool second_time_ = false, had_second_time_ = false;
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_BODIES
#include <auditor/impl/operation/set_aside.ipp>
#endif
