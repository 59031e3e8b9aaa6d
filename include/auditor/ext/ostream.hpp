// Errors, codes, outcomes and times on a std::ostream. A record prints as its JSON: nlohmann_json.hpp or the codec make it.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/error.hpp>
#include <auditor/base/message.hpp>
#include <auditor/base/timestamp.hpp>

#include <cstddef>
#include <ostream>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {

/// The sentence of `message(e)`.
inline std::ostream& operator<<(std::ostream& out, const error& e) { return out << message(e); }

inline std::ostream& operator<<(std::ostream& out, errc code) { return out << to_string(code); }
inline std::ostream& operator<<(std::ostream& out, outcome result) { return out << to_string(result); }
inline std::ostream& operator<<(std::ostream& out, route request) { return out << to_string(request); }

/// A time as RFC 3339. It is a type of `<chrono>`, so this operator is found only where it is named:
/// `using auditor::operator<<;`.
inline std::ostream& operator<<(std::ostream& out, timestamp moment) {
  char text[timestamp_capacity];
  return out << std::string_view(text, write_timestamp(moment, text));
}

}  // namespace AUDITOR_ABI
}  // namespace auditor
