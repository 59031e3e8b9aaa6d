// Bodies of json/record_encoder.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/impl/json/record_writer.hpp>
#include <auditor/json/record_encoder.hpp>

#include <cstddef>
#include <span>
#include <string>

namespace auditor {
inline namespace AUDITOR_ABI {

AUDITOR_DECL error encode_record(const record_view& from, std::string& out) {
  const std::size_t before = out.size();
  detail::string_target target(out);
  const errc code = detail::encode(from, target);
  if (code == errc::ok) return {};
  out.resize(before);
  return detail::encode_failed(code, from);
}

AUDITOR_DECL error encode_record(const record_view& from, std::span<char> to, std::size_t& written) {
  detail::fixed_target target(to);
  const errc code = detail::encode(from, target);
  written = code == errc::ok ? target.size() : 0;
  if (code == errc::ok) return {};
  return detail::encode_failed(code, from);
}

AUDITOR_DECL std::size_t encoded_size(const record_view& from) noexcept {
  detail::counting_target target;
  return detail::encode(from, target) == errc::ok ? target.size() : 0;
}

}  // namespace AUDITOR_ABI
}  // namespace auditor
