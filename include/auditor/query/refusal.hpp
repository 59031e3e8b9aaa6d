// The words in which a query is refused: the field, then the rule, with room for the rule however long the name is.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/error.hpp>

#include <cstddef>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

error invalid_query(std::string_view words) noexcept;

error& add_shortened(error& e, std::string_view text, std::size_t most) noexcept;

// `meta[site]`, or the parameter alone.
error invalid_parameter(std::string_view parameter, std::string_view name) noexcept;

error two_components(std::string_view first, std::string_view second) noexcept;

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_BODIES
#include <auditor/impl/query/refusal.ipp>
#endif
