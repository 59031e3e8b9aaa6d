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

AUDITOR_DECL error of_answer(error why, std::string_view record_id) noexcept {
  why.request = route::get_records;
  why.status = 200;
  if (why.attempts == 0) why.attempts = 1;
  return why.record_id().empty() ? why.of(record_id) : why;
}

}  // namespace detail

}  // namespace AUDITOR_ABI
}  // namespace auditor
