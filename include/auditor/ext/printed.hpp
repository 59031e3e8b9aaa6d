// The texts of what can be printed: those that ext/ostream.hpp, ext/format.hpp and ext/fmt.hpp share.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/error.hpp>
#include <auditor/base/timestamp.hpp>
#include <auditor/model/record_view.hpp>
#include <auditor/operation/options.hpp>
#include <auditor/operation/read_summary.hpp>
#include <auditor/operation/receipt.hpp>

#include <concepts>
#include <string>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

constexpr std::string_view printed(errc code) noexcept { return to_string(code); }
constexpr std::string_view printed(outcome result) noexcept { return to_string(result); }
constexpr std::string_view printed(route request) noexcept { return to_string(request); }
constexpr std::string_view printed(completeness state) noexcept { return to_string(state); }
constexpr std::string_view printed(delivery how) noexcept { return to_string(how); }
constexpr std::string_view printed(on_duplicate policy) noexcept { return to_string(policy); }
std::string printed(const error& e);
std::string printed(timestamp moment);
std::string printed(const record_view& r);

std::string printed(const component_view& c);
std::string printed(const meta& m);
std::string printed(const query& q);

template <class T, class... Types>
concept any_of = (std::same_as<T, Types> || ...);
template <class T>
concept printable = any_of<T, errc, outcome, route, completeness, delivery, on_duplicate, error, timestamp, record,
                           record_view, component, component_view, meta, query>;

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_BODIES
#include <auditor/impl/ext/printed.ipp>
#endif
