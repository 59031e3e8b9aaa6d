// Bodies of ext/printed.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/message.hpp>
#include <auditor/base/text_buffer.hpp>
#include <auditor/ext/printed.hpp>
#include <auditor/impl/json/record_writer.hpp>
#include <auditor/json/record_encoder.hpp>

#include <string>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

AUDITOR_DECL std::string printed(const error& e) { return message(e); }

AUDITOR_DECL std::string printed(timestamp moment) { return to_string(moment); }

AUDITOR_DECL std::string printed(const record_view& r) {
  std::string text;
  const error e = encode_record(r, text);
  return e ? message(e) : text;
}

// What `write` writes of a part of a record; what JSON cannot say, as the error of a record that has it.
template <class Write>
std::string printed_part(const record_view& whole, Write write) {
  memory heap;
  text_buffer text(heap);
  json_writer out(text);
  write(out);
  return out.finish() ? std::string(text.text()) : message(find_unwritable(whole));
}

AUDITOR_DECL std::string printed(const component_view& c) {
  record_view whole;
  whole.components = view_list<component_view>::over(&c, 1);
  return printed_part(whole, [&c](auto& out) { write_component(out, c); });
}

AUDITOR_DECL std::string printed(const meta& m) {
  record_view whole;
  whole.meta = view_list<meta_view>::over(m.data(), m.size());
  if (whole.meta.empty()) return "{}";
  return printed_part(whole, [&whole](auto& out) { write_meta(out, whole.meta); });
}

AUDITOR_DECL std::string printed(const query& q) {
  const result<std::string> text = q.encode();
  return text ? *text : message(text.error());
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
