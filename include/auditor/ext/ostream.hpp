// Errors, codes, outcomes, times, records and their parts, and queries on a std::ostream.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/ext/printed.hpp>

#include <ostream>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {

/// The sentence of `message(e)`: `std::cerr << client.add(r).error() << '\n';`
inline std::ostream& operator<<(std::ostream& out, const error& e) { return out << detail::printed(e); }

/// The name of the code: `record_exists`.
inline std::ostream& operator<<(std::ostream& out, errc code) { return out << detail::printed(code); }
inline std::ostream& operator<<(std::ostream& out, outcome result) { return out << detail::printed(result); }
inline std::ostream& operator<<(std::ostream& out, completeness state) { return out << detail::printed(state); }
inline std::ostream& operator<<(std::ostream& out, delivery how) { return out << detail::printed(how); }
inline std::ostream& operator<<(std::ostream& out, on_duplicate policy) { return out << detail::printed(policy); }
/// Method and path: `POST /record`.
inline std::ostream& operator<<(std::ostream& out, route request) { return out << detail::printed(request); }

/// A time as RFC 3339: `2024-02-29T12:30:00Z`. What is calculated with one in other units than its own is a time of
/// `<chrono>`, and none of ours.
inline std::ostream& operator<<(std::ostream& out, timestamp moment) {
  char text[timestamp_capacity];
  return out << std::string_view(text, write_timestamp(moment, text));
}

/// A record, owning or not, as the JSON of the wire; one that JSON cannot say as the error.
inline std::ostream& operator<<(std::ostream& out, const record_view& r) { return out << detail::printed(r); }
/// Parts of one, alike.
inline std::ostream& operator<<(std::ostream& out, const component_view& c) { return out << detail::printed(c); }
inline std::ostream& operator<<(std::ostream& out, const meta& m) { return out << detail::printed(m); }
/// A query as its text, as `query::encode` has it; one that is refused as the error.
inline std::ostream& operator<<(std::ostream& out, const query& q) { return out << detail::printed(q); }

}  // namespace AUDITOR_ABI
}  // namespace auditor
