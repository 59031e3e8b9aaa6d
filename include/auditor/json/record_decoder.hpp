// Decodes the JSON of one record: into a view that borrows from the text, or into a reused record.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/json/record_storage.hpp>
#include <auditor/json/wanted_fields.hpp>
#include <auditor/model/record.hpp>
#include <auditor/model/record_view.hpp>

#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {
/// Decodes exactly one record, with white space around it at most, into a view.
///
/// ```cpp
/// auditor::record_storage storage;  // reused from record to record
/// auditor::record_view view;
/// if (const auditor::error e = auditor::decode_record(text, storage, view)) log(message(e));
/// ```
/// Takes what the server sends and what clients send it: `record_id`, `components` and `start_time` are required, `meta`,
/// `stop_time` and `runtime` may be null or absent, unknown members are skipped. Values are not validated: see `validate`.
/// **Errors**: `json_syntax` for what is no JSON, or is cut off; `json_type` for JSON that is no record; both name the
/// field, and the record when its id was there, and `offset` is the byte. `unreadable_record` for `"components":null`,
/// with which the server says that it cannot read them: the view holds everything else.
/// **Lifetime**: the view borrows from text and storage.
/// **Memory**: only what the storage has to grow (and a little above 16 meta names).
error decode_record(std::string_view text, record_storage& storage, record_view& view);

/// The same of the fields that are wanted: the others are absent from the view, and take no room of the storage once they are read.
/// What is wrong with any of them is an error all the same.
error decode_record(std::string_view text, const wanted_fields& wanted, record_storage& storage, record_view& view);

/// The same into a record, whose memory is reused: `auditor::record r; decode_record(text, r);`. After an error other than `unreadable_record` its content is
/// unspecified.
error decode_record(std::string_view text, record& reused);

namespace detail {

/// The first of them for whoever has an error already: `wrong`, as it begins, says what is wrong.
void decode_record(std::string_view text, record_storage& storage, record_view& view, error& wrong);

}  // namespace detail

}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_BODIES
#include <auditor/impl/json/record_decoder.ipp>
#endif
