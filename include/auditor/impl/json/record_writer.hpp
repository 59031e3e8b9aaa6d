// Writes a record and its parts as JSON, and says why one cannot be written.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/error.hpp>
#include <auditor/base/text_buffer.hpp>
#include <auditor/impl/json/quick_writer.hpp>
#include <auditor/impl/json/text_writer.hpp>
#include <auditor/model/record_view.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

using json_writer = std::conditional_t<compact, text_writer, quick_writer>;

// From the brace on; there is at least one entry.
[[gnu::always_inline]] inline void write_meta(json_writer& out, const view_list<meta_view>& from) {
  for (std::size_t i = 0; i < from.size(); ++i) {
    const meta_view entry = from[i];
    if (i == 0)
      out.text("{\"", entry.name);
    else
      out.text(",\"", entry.name);
    if (entry.values.empty()) {
      out.literal("\":[]");
      continue;
    }
    for (std::size_t k = 0; k < entry.values.size(); ++k) {
      if (k == 0)
        out.text("\":[\"", entry.values[k]);
      else
        out.text("\",\"", entry.values[k]);
    }
    out.literal("\"]");
  }
  out.literal("}");
}

[[gnu::always_inline]] inline void write_component(json_writer& out, const component_view& from) {
  out.text("{\"name\":\"", from.name);
  out.integer("\",\"amount\":", from.amount);
  out.literal(",\"scores\":[");
  for (std::size_t k = 0; k < from.scores.size(); ++k) {
    const score_view score = from.scores[k];
    if (k == 0)
      out.text("{\"name\":\"", score.name);
    else
      out.text(",{\"name\":\"", score.name);
    out.number("\",\"value\":", score.value);
    out.literal("}");
  }
  out.literal("]}");
}

// A little more than the text of a record without escapes has.
inline std::size_t likely_size(const record_view& from) noexcept {
  constexpr std::size_t of_record =
      sizeof R"({"record_id":"","meta":{},"components":[],"start_time":"","stop_time":""})" + 2 * timestamp_capacity;
  constexpr std::size_t of_meta = sizeof R"("":[],)", of_value = sizeof R"("",)";
  constexpr std::size_t of_component = sizeof R"({"name":"","amount":,"scores":[]},)" + 20;
  constexpr std::size_t of_score = sizeof R"({"name":"","value":},)" + 24;
  std::size_t size = of_record + from.record_id.size();
  for (std::size_t i = 0; i < from.meta.size(); ++i) {
    const meta_view entry = from.meta[i];
    size += of_meta + entry.name.size();
    for (std::size_t k = 0; k < entry.values.size(); ++k) size += of_value + entry.values[k].size();
  }
  for (std::size_t i = 0; i < from.components.size(); ++i) {
    const component_view component = from.components[i];
    size += of_component + component.name.size() + of_score * component.scores.size();
    for (std::size_t k = 0; k < component.scores.size(); ++k) size += component.scores[k].name.size();
  }
  return size;
}

// Appends a record. False: JSON has no way to write one of its values; what was written of it is no record.
inline bool write_record(const record_view& from, text_buffer& to) {
  json_writer out(to);
  out.text("{\"record_id\":\"", from.record_id);
  if (from.meta.empty()) {
    out.literal("\",\"meta\":null");
  } else {
    out.literal("\",\"meta\":");
    write_meta(out, from.meta);
  }
  out.literal(",\"components\":[");
  for (std::size_t i = 0; i < from.components.size(); ++i) {
    if (i != 0) out.literal(",");
    write_component(out, from.components[i]);
  }
  out.time("],\"start_time\":\"", from.start_time);
  if (from.stop_time) {
    out.time("\",\"stop_time\":\"", *from.stop_time);
    out.literal("\"}");
  } else {
    out.literal("\",\"stop_time\":null}");
  }
  return out.finish();
}

// Which value of a record JSON has no way to write.
inline error find_unwritable(const record_view& from) {
  error e = error(errc::invalid_record).of(from.record_id);
  const auto wrong = [](std::string_view text) { return !is_utf8(text); };
  constexpr std::string_view not_utf8 = ": must be valid UTF-8";
  if (wrong(from.record_id)) return e.more("record_id").more(not_utf8);
  for (std::size_t i = 0; i < from.meta.size(); ++i) {
    const meta_view entry = from.meta[i];
    if (wrong(entry.name)) return e.more("meta: name ").more(std::uint64_t{i}).more(not_utf8);
    for (std::size_t k = 0; k < entry.values.size(); ++k)
      if (wrong(entry.values[k]))
        return e.more("meta.").more(entry.name, 67).more("[").more(std::uint64_t{k}).more("]").more(not_utf8);
  }
  for (std::size_t i = 0; i < from.components.size(); ++i) {
    const component_view component = from.components[i];
    e.say("components[").more(std::uint64_t{i}).more("]");
    if (wrong(component.name)) return e.more(".name").more(not_utf8);
    for (std::size_t k = 0; k < component.scores.size(); ++k) {
      const score_view score = component.scores[k];
      if (is_finite(score.value) && !wrong(score.name)) continue;
      e.more(".scores[").more(std::uint64_t{k}).more("]");
      return wrong(score.name) ? e.more(".name").more(not_utf8) : e.more(".value: must be finite");
    }
  }
  return e;
}

// Why a record was not written, which takes so many characters; there was room for fewer.
inline void does_not_fit(std::size_t size, std::size_t room, error& why,
                         const char* there_is = " bytes, there is room for ") noexcept {
  why.code = errc::buffer_full;
  why.more("takes ").more(std::uint64_t{size}).more(there_is).more(std::uint64_t{room});
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
