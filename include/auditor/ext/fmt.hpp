// {fmt} for errors, codes, outcomes, times and records, with the texts of ext/ostream.hpp, where {fmt} is installed.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/ext/printed.hpp>

#if __has_include(<fmt/format.h>)
#include <fmt/format.h>

/// `fmt::print("{}: {}\n", r.record_id, client.add(r).error())`; width and alignment as for a string: `{:>24}`.
///
/// Of `auditor::error`, `errc`, `outcome`, `route`, `timestamp`, `record`, `component` (and their views), `meta` and `query`; for `char` alone. Links with
/// {fmt} as the program does. **Memory**: allocates, but for the codes.
template <auditor::detail::printable T>
struct fmt::formatter<T, char> : fmt::formatter<fmt::string_view, char> {
  template <class Context>
  auto format(const T& value, Context& context) const {
    const auto text = auditor::detail::printed(value);
    return fmt::formatter<fmt::string_view, char>::format(fmt::string_view(text.data(), text.size()), context);
  }
};
#endif
