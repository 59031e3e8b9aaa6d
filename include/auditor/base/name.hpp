// What the server takes as a name - ids, meta names and values, components, scores - checked before anything is sent.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/result.hpp>
#include <auditor/base/text.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_MODEL_ABI {

/// The most characters of a name. The server counts 256 extended grapheme clusters, each of one or more code points: a
/// name of at most 256 code points always passes there, and only names with combining marks could be longer.
/// **Source**: protocol, section 3.
inline constexpr std::size_t longest_name = 256;

namespace model_detail {

enum class name_fault : std::uint8_t { none, blank, not_utf8, null_character, too_long };

name_fault check_name(std::string_view name) noexcept;

// Continues the text of an error, behind the field: `: must not be blank`.
void explain_name_fault(error& e, name_fault fault, std::string_view name) noexcept;

}  // namespace model_detail
}  // namespace AUDITOR_MODEL_ABI
inline namespace AUDITOR_ABI {

/// Checks a name as the server would: not blank, valid UTF-8, no U+0000, at most `longest_name` code points.
/// `validate_name("site", std::getenv("SITE"))` tells a program at its start what would be refused later, record by record.
/// **Errors**: `code`, outcome `rejected`, with the field, the rule, and the byte where it is broken:
/// `site: must not be empty`.
result<void> validate_name(model_detail::borrowed_text field, model_detail::borrowed_text name,
                           errc code = errc::invalid_argument);

}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_BODIES
#include <auditor/impl/base/name.ipp>
#endif
