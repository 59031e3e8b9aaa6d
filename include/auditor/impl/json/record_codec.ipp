// Bodies of json/record_codec.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/json/record_codec.hpp>
#include <auditor/json/record_decoder.hpp>
#include <auditor/json/record_encoder.hpp>

#include <string>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {

AUDITOR_DECL error builtin_codec::decode(std::string_view text, record& reused) { return decode_record(text, reused); }

AUDITOR_DECL error builtin_codec::encode(const record_view& from, std::string& out) { return encode_record(from, out); }

namespace detail {

AUDITOR_DECL error fill_from_view(record& reused, const record_view& view, std::string_view) {
  assign(reused, view);
  return {};
}

}  // namespace detail

}  // namespace AUDITOR_ABI
}  // namespace auditor
