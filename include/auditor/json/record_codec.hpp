// What a record codec is, and the one that comes with the library.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/text_buffer.hpp>
#include <auditor/model/record.hpp>
#include <auditor/model/record_view.hpp>

#include <concepts>
#include <string>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {

/// Two static functions: `decode` reads one record into a reused one, `encode` appends one to a string. They keep to
/// what `decode_record` and `encode_record` promise; `ext/nlohmann_json.hpp` has another pair. A record is one line: the server
/// names the line of what it cannot read. What was stored already is looked at by the built-in codec.
///
/// ```cpp
/// std::string text;
/// if (const auditor::error e = auditor::builtin_codec::encode(r, text)) log(message(e));
/// ```
template <class Codec>
concept record_codec = requires(std::string_view text, record& reused, const record_view& from, std::string& out) {
  { Codec::decode(text, reused) } -> std::same_as<error>;
  { Codec::encode(from, out) } -> std::same_as<error>;
};

/// The library's own codec: strict, no exceptions, no allocation beyond the record and the string.
struct AUDITOR_EXPORT builtin_codec {
  /// As `decode_record`.
  static error decode(std::string_view text, record& reused);
  /// As `encode_record`.
  static error encode(const record_view& from, std::string& out);
};

namespace detail {

/// The halves of a codec as values, so that what uses one is no template and links that half alone.
///
/// Appends a record to a body, or says why not.
using encode_function = void (*)(const record_view& from, text_buffer& body, error& why);
/// Fills a record from a view of it, as the built-in codec does, or from its text.
using fill_function = error (*)(record& reused, const record_view& view, std::string_view text);

void encode_into_body(const record_view& from, text_buffer& body, error& why);
error fill_from_view(record& reused, const record_view& view, std::string_view text);

template <record_codec Codec>
inline constexpr encode_function encode_of = [](const record_view& from, text_buffer& body, error& why) {
  std::string text;
  why = Codec::encode(from, text);
  if (!why) body.append(text);
};
template <>
inline constexpr encode_function encode_of<builtin_codec> = &encode_into_body;

template <record_codec Codec>
inline constexpr fill_function fill_of =
    [](record& reused, const record_view&, std::string_view text) -> error { return Codec::decode(text, reused); };
template <>
inline constexpr fill_function fill_of<builtin_codec> = &fill_from_view;

/// Appends a record that `validate` let pass, or says why not, but for its id; the body is then as before. `why` is `ok` before.
/// **Errors**: those of the codec; `buffer_full`, with the bytes wanted and those there are.
void append_record(const record_view& from, encode_function encode, text_buffer& body, error& why);

}  // namespace detail

}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_BODIES
#include <auditor/impl/json/record_codec.ipp>
#endif
