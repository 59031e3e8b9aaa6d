// std::format for errors, codes, outcomes, times and records, with the texts of ext/ostream.hpp, where the standard library has it.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/ext/printed.hpp>

#include <version>

#ifdef __cpp_lib_format
#include <format>
#include <string_view>

/// `std::format("{}: {}", r.record_id, client.add(r).error())`; width and alignment as for a string: `{:>24}`.
///
/// Of `auditor::error`, `errc`, `outcome`, `route`, `timestamp`, `record`, `component` (and their views), `meta` and `query`; for `char` alone.
/// **Memory**: allocates, but for the codes.
template <auditor::detail::printable T>
struct std::formatter<T, char> : std::formatter<std::string_view, char> {
  template <class Context>
  auto format(const T& value, Context& context) const {
    return std::formatter<std::string_view, char>::format(auditor::detail::printed(value), context);
  }
};
#endif
