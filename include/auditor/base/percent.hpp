// Percent encoding for ids in a path and for keys and values in a query: what the server decodes again to the same bytes.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/config.hpp>

#include <string>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_MODEL_ABI {
/// Appends a text with every byte encoded but `A-Za-z0-9*-._`.
void append_percent_encoded(std::string& to, std::string_view raw);

/// The same for a key between brackets. A first digit is encoded too: the server takes `[2nd]` for an index of an array
/// and refuses it, and reads `[%32nd]` as the key.
/// **Source**: protocol, section 4.
void append_query_key(std::string& to, std::string_view key);

}  // namespace AUDITOR_MODEL_ABI
}  // namespace auditor

#if AUDITOR_BODIES
#include <auditor/impl/base/percent.ipp>
#endif
