// A string in quotation marks, as the server's language prints it in error messages. Sandbox alone.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/sandbox/bodies.hpp>
#include <auditor/sandbox/graphemes.hpp>

#include <string>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail::sandboxed {

/// What is escaped: what extends the character before it, and what shows nothing. (Of the code points that Unicode has not
/// given away only the larger ranges are here.)
bool is_printable(char32_t c) noexcept;

std::string print_quoted(std::string_view text);

}  // namespace detail::sandboxed
}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_SANDBOX_BODIES
#include <auditor/impl/sandbox/quoting.ipp>
#endif
