// Bodies of json/record_encoder.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/text_buffer.hpp>
#include <auditor/impl/json/record_writer.hpp>
#include <auditor/json/record_encoder.hpp>

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>

namespace auditor {
inline namespace AUDITOR_ABI {

AUDITOR_DECL error encode_record(const record_view& from, std::string& out) {
  const std::size_t before = out.size();
  // What a string has that is used again; but not all of a large one, for it is filled with zeros first.
  const std::size_t most = 512 + 128 * from.meta.size() + 256 * from.components.size();
  std::size_t room = out.capacity() - before;
  if (room < 128)
    room = detail::likely_size(from);
  else if (room > most)
    room = (std::min)(room, most + detail::likely_size(from));
  for (;;) {
    out.resize(before + room);
    detail::text_buffer to({out.data() + before, room});
    const bool is_valid = detail::write_record(from, to);
    const bool is_done = is_valid && to.is_whole();
    out.resize(before + (is_done ? to.size() : 0));
    if (is_done) return {};
    if (!is_valid) return detail::find_unwritable(from);
    room = to.size();
  }
}

AUDITOR_DECL error encode_record(const record_view& from, std::span<char> room, std::size_t& written) {
  detail::text_buffer to(room);
  written = 0;
  if (!detail::write_record(from, to)) return detail::find_unwritable(from);
  error e;
  if (to.is_whole()) {
    written = to.size();
  } else {
    detail::does_not_fit(to.size(), room.size(), e);
    e.of(from.record_id);
  }
  return e;
}

AUDITOR_DECL std::size_t encoded_size(const record_view& from) noexcept {
  detail::text_buffer counted{std::span<char>()};
  return detail::write_record(from, counted) ? counted.size() : 0;
}

}  // namespace AUDITOR_ABI
}  // namespace auditor
