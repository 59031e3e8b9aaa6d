// Bodies of queue/store.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/text_buffer.hpp>
#include <auditor/impl/json/text_writer.hpp>
#include <auditor/json/record_decoder.hpp>
#include <auditor/queue/store.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {

AUDITOR_DECL std::string json_line(const dead_letter& of) {
  detail::text_buffer to(detail::memory::heap());
  detail::text_writer out(to);
  // What is not UTF-8 is U+FFFD.
  const auto text = [&](std::string_view name, std::string_view value) {
    to.append(name);
    for (;;) {
      const std::size_t valid = valid_utf8_prefix(value);
      out.characters(value.substr(0, valid));
      if (valid == value.size()) break;
      to.append("\xEF\xBF\xBD");
      value.remove_prefix(valid + 1);
    }
    to.append("\"");
  };
  out.integer("{\"number\":", static_cast<std::int64_t>(of.entry.number));
  text(",\"kind\":\"", to_string(of.entry.kind));
  out.time(",\"accepted\":\"", of.entry.accepted);
  out.time("\",\"died\":\"", of.died);
  text("\",\"code\":\"", to_string(of.code));
  out.integer(",\"status\":", of.status);
  text(",\"words\":\"", of.words);
  record_storage lists;
  record_view view;
  if (decode_record(of.entry.json, lists, view)) {
    text(",\"record\":\"", of.entry.json);
  } else {
    to.append(",\"record\":");
    to.append(of.entry.json);
  }
  to.append("}");
  return std::string(to.text());
}

}  // namespace AUDITOR_ABI
}  // namespace auditor
