// nlohmann/json for every model type - `nlohmann::json j = record;` - and a record codec made of it.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/timestamp.hpp>
#include <auditor/model/record.hpp>
#include <auditor/model/record_view.hpp>

#include <string>
#include <string_view>

#if !AUDITOR_EXCEPTIONS
#error "auditor/ext/nlohmann_json.hpp needs exceptions: nlohmann/json reports with them"
#endif

#include <auditor/impl/ext/nlohmann_reader.hpp>

#include <nlohmann/json.hpp>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

// nlohmann::json, nlohmann::ordered_json, and others of the family.
template <class Json>
concept nlohmann_value = requires {
  typename Json::object_t;
  typename Json::type_error;
  Json::object();
};

}  // namespace detail

/// As the wire has it.
template <detail::nlohmann_value Json>
void to_json(Json& j, const score_view& from) {
  j = Json::object();
  j["name"] = from.name;
  j["value"] = from.value;
}
/// As the wire has it.
template <detail::nlohmann_value Json>
void to_json(Json& j, const score& from) {
  to_json(j, score_view(from));
}

/// As the wire has it.
template <detail::nlohmann_value Json>
void to_json(Json& j, const component_view& from) {
  j = Json::object();
  j["name"] = from.name;
  j["amount"] = from.amount;
  Json& scores = j["scores"] = Json::array();
  for (const score_view s : from.scores) scores.push_back(s);
}
/// As the wire has it.
template <detail::nlohmann_value Json>
void to_json(Json& j, const component& from) {
  to_json(j, component_view(from));
}

/// As the wire has it.
template <detail::nlohmann_value Json>
void to_json(Json& j, const view_list<meta_view>& from) {
  j = Json::object();
  for (const meta_view entry : from) {
    Json& values = j[std::string(entry.name)] = Json::array();
    for (const std::string_view value : entry.values) values.push_back(value);
  }
}
/// As the wire has it.
template <detail::nlohmann_value Json>
void to_json(Json& j, const meta& from) {
  to_json(j, view_list<meta_view>(from));
}

/// A record in the members and the order of the wire (`nlohmann::ordered_json` keeps the order, `nlohmann::json` sorts).
/// No meta and no stop time are null; `runtime` is there when the record has one.
template <detail::nlohmann_value Json>
void to_json(Json& j, const record_view& from) {
  j = Json::object();
  j["record_id"] = from.record_id;
  j["meta"] = nullptr;
  if (!from.meta.empty()) to_json(j["meta"], from.meta);
  Json& components = j["components"] = Json::array();
  for (const component_view c : from.components) components.push_back(c);
  j["start_time"] = auditor::to_string(from.start_time);
  j["stop_time"] = nullptr;
  if (from.stop_time) j["stop_time"] = auditor::to_string(*from.stop_time);
  if (from.runtime) j["runtime"] = *from.runtime;
}
/// As the wire has it.
template <detail::nlohmann_value Json>
void to_json(Json& j, const record& from) {
  to_json(j, record_view(from));
}

/// A time is its RFC 3339 text. Times of `<chrono>` stay as the program has them.
template <detail::nlohmann_value Json>
void to_json(Json& j, timestamp from) {
  j = auditor::to_string(from);
}

/// The reverse, as strict as the library's own codec.
/// **Errors**: `type_error` 302 with the field: a member is missing, or of another type, or a time is none.
template <detail::nlohmann_value Json>
void from_json(const Json& j, score& to) {
  detail::nlohmann_reader<Json> reader;
  if (!reader.read(j, to, [](error&) {})) detail::throw_type_error(reader.fault(), j);
}
/// As the wire has it. **Errors**: as of a record.
template <detail::nlohmann_value Json>
void from_json(const Json& j, component& to) {
  detail::nlohmann_reader<Json> reader;
  if (!reader.read(j, to, [](error&) {})) detail::throw_type_error(reader.fault(), j);
}
/// As the wire has it. **Errors**: as of a record.
template <detail::nlohmann_value Json>
void from_json(const Json& j, meta& to) {
  detail::nlohmann_reader<Json> reader;
  if (!reader.read(j, to)) detail::throw_type_error(reader.fault(), j);
}
/// As the wire has it. **Errors**: as of a record.
template <detail::nlohmann_value Json>
void from_json(const Json& j, timestamp& to) {
  detail::nlohmann_reader<Json> reader;
  if (!reader.time(j, "", to)) detail::throw_type_error(reader.fault(), j);
}
/// The same; a record with `"components":null`, which the server could not read, is an error too.
template <detail::nlohmann_value Json>
void from_json(const Json& j, record& to) {
  detail::nlohmann_reader<Json> reader;
  if (!reader.read(j, to)) detail::throw_type_error(reader.fault(), j);
  if (reader.unreadable()) detail::throw_type_error(error(errc::unreadable_record, "components: null"), j);
}

/// A record codec of nlohmann/json instead of the library's own: many times slower, and the judge of its tests.
///
/// Both take and refuse the same texts, but this one refuses duplicates among unknown members too, and numbers beyond
/// the largest double in them. Both read the same, but the sign of a score that is written `-0`.
struct AUDITOR_EXPORT nlohmann_codec {
  /// Decodes exactly one record, with white space around it at most.
  /// **Errors**: `json_syntax`, `json_type`, `unreadable_record` as the library's own codec; the offset for syntax alone.
  static error decode(std::string_view text, record& r);

  /// Appends a record in the bytes of the library's own codec, but for a rare last digit of a score of 17 digits.
  /// **Errors**: `invalid_record` for invalid UTF-8, NaN and infinity; `out` is then as before.
  static error encode(const record_view& from, std::string& out);
};

}  // namespace AUDITOR_ABI
}  // namespace auditor

#include <auditor/impl/ext/nlohmann_json.ipp>
