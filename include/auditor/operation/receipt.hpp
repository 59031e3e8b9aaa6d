// What a write did, when it succeeded.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/config.hpp>

#include <cstdint>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {

/// How it came that the record is stored.
enum class delivery : std::uint8_t {
  stored,          ///< by this call
  already_stored,  ///< the answer to an earlier attempt was lost, its repeat met `RECORD_EXISTS`, and the stored record is ours
  ignored,         ///< the id was known, and `on_duplicate::ignore` asked for no more: not even whose it is
  equal,           ///< the id was known, and the stored record is the same
  stop_time_set,  ///< the id was known, and its record was open: it has this one's stop time now
};

constexpr std::string_view to_string(delivery how) noexcept {
  switch (how) {
    case delivery::stored: return "stored";
    case delivery::already_stored: return "already stored";
    case delivery::ignored: return "ignored";
    case delivery::equal: return "equal";
    case delivery::stop_time_set: return "stop time set";
  }
  return "?";
}

/// What `add` gives back.
///
/// ```cpp
/// const auto added = client.add(record);
/// if (added && added->how == auditor::delivery::stored) ++stored;
/// ```
struct AUDITOR_EXPORT receipt {
  delivery how{};             ///< how it came that it is stored
  std::uint8_t attempts = 0;  ///< requests of the last route, repeats included
};

}  // namespace AUDITOR_ABI
}  // namespace auditor
