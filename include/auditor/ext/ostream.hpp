// Errors, codes, outcomes, times and records on a std::ostream.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/error.hpp>
#include <auditor/base/message.hpp>
#include <auditor/base/timestamp.hpp>
#include <auditor/json/record_encoder.hpp>
#include <auditor/model/record_view.hpp>

#include <cstddef>
#include <ostream>
#include <string>
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

/// A record, owning or not, as the JSON of the wire; one that JSON cannot say as the error.
inline std::ostream& operator<<(std::ostream& out, const record_view& r) {
  std::string text;
  const error e = encode_record(r, text);
  return e ? out << e : out << text;
}

}  // namespace AUDITOR_ABI
}  // namespace auditor
