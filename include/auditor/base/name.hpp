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

}  // namespace AUDITOR_MODEL_ABI
inline namespace AUDITOR_ABI {
namespace detail {

/// A rule that a value breaks, as an error says it behind the field: `: must not be blank`. True when there is one.
struct broken_rule {
  const char* words = nullptr;
  std::size_t number = no_number;  // behind the words

  static constexpr std::size_t no_number = static_cast<std::size_t>(-1);

  explicit operator bool() const noexcept { return words != nullptr; }
  void explain(error& to) const noexcept;
};

broken_rule check_name(std::string_view name) noexcept;

}  // namespace detail

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
