// Bodies of json/record_codec.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/impl/json/record_writer.hpp>
#include <auditor/json/record_codec.hpp>
#include <auditor/json/record_decoder.hpp>
#include <auditor/json/record_encoder.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {

AUDITOR_DECL error builtin_codec::decode(std::string_view text, record& reused) { return decode_record(text, reused); }

AUDITOR_DECL error builtin_codec::encode(const record_view& from, std::string& out) { return encode_record(from, out); }

namespace detail {

AUDITOR_DECL void encode_into_body(const record_view& from, text_buffer& body, error& why) {
  if constexpr (!compact)
    if (body.empty()) body.prepare(likely_size(from));  // one allocation
  if (!write_record(from, body)) why.code = errc::invalid_record;
}

AUDITOR_DECL void append_record(const record_view& from, encode_function encode, text_buffer& body, error& why) {
  const std::size_t before = body.size();
  encode(from, body, why);
  if (!why && body.is_whole()) return;
  if (!why) does_not_fit(body.size() - before, body.longest() - before, why);
  body.cut(before);
  why.outcome = why.code == errc::buffer_full ? outcome::not_applied : outcome::rejected;
}

AUDITOR_DECL error fill_from_view(record& reused, const record_view& view, std::string_view) {
  assign(reused, view);
  return {};
}

}  // namespace detail

}  // namespace AUDITOR_ABI
}  // namespace auditor
