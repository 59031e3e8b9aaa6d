// The words in which a query is refused: the field, then the rule, with room for the rule however long the name is.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/error.hpp>
#include <auditor/base/name.hpp>

#include <cstddef>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

/// What a check ends with: false, and `why` says the parameter, perhaps with a name beside it (`meta[site]`), and the rule.
bool refuse(error& why, const char* parameter, std::string_view name, const char* rule) noexcept;
bool refuse(error& why, const char* parameter, const broken_rule& broken) noexcept;
bool refuse(error& why, const char* words) noexcept;
bool refuse_limit(error& why) noexcept;

error invalid_query(const char* words) noexcept;

error& add_shortened(error& e, std::string_view text, std::size_t most) noexcept;

error two_components(std::string_view first, std::string_view second) noexcept;

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_BODIES
#include <auditor/impl/query/refusal.ipp>
#endif
