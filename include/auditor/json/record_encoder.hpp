// Encodes a record as the JSON that POST and PUT bodies are made of.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/model/record_view.hpp>

#include <cstddef>
#include <span>
#include <string>

namespace auditor {
inline namespace AUDITOR_ABI {
/// Appends a record: `record_id`, `meta` (null when empty), `components`, `start_time`, `stop_time` (null when absent).
///
/// The runtime is not written: the server computes it. The bytes are those of `nlohmann::ordered_json::dump()`, except
/// for the one double in a thousand for which that misses the shortest digits.
/// **Errors**: `invalid_record` for what JSON cannot say - invalid UTF-8, NaN, infinity; `out` is then as before.
/// **Memory**: what `out` has to grow, by a little more than the text: 20 bytes a score and a time.
error encode_record(const record_view& from, std::string& out);

/// The same into memory of a fixed size; `written` says how much of it was used.
/// **Errors**: also `buffer_full`, with the bytes wanted and those there are; `written` is 0 after an error.
/// **Memory**: none.
error encode_record(const record_view& from, std::span<char> to, std::size_t& written);

/// How many bytes `encode_record` writes, exactly; 0 when it cannot. Costs as much as encoding.
std::size_t encoded_size(const record_view& from) noexcept;

}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_BODIES
#include <auditor/impl/json/record_encoder.ipp>
#endif
