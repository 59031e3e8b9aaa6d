// The texts of what can be printed: those that ext/ostream.hpp, ext/format.hpp and ext/fmt.hpp share.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/error.hpp>
#include <auditor/base/message.hpp>
#include <auditor/base/timestamp.hpp>
#include <auditor/json/record_encoder.hpp>
#include <auditor/model/record_view.hpp>
#include <auditor/operation/options.hpp>
#include <auditor/operation/read_summary.hpp>
#include <auditor/operation/receipt.hpp>

#include <concepts>
#include <string>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

constexpr std::string_view printed(errc code) noexcept { return to_string(code); }
constexpr std::string_view printed(outcome result) noexcept { return to_string(result); }
constexpr std::string_view printed(route request) noexcept { return to_string(request); }
constexpr std::string_view printed(completeness state) noexcept { return to_string(state); }
constexpr std::string_view printed(delivery how) noexcept { return to_string(how); }
constexpr std::string_view printed(on_duplicate policy) noexcept { return to_string(policy); }
inline std::string printed(const error& e) { return message(e); }
inline std::string printed(timestamp moment) { return to_string(moment); }
inline std::string printed(const record_view& r) {
  std::string text;
  const error e = encode_record(r, text);
  return e ? message(e) : text;
}

// What `write` writes of a part of a record; what JSON cannot say, as the error of a record that has it.
template <class Write>
std::string printed_part(const record_view& whole, Write write) {
  std::string text;
  string_target target(text);
  text_writer<string_target> out(target);
  write(out);
  const errc code = out.finish();
  return code == errc::ok ? text : message(encode_failed(code, whole));
}
inline std::string printed(const component_view& c) {
  record_view whole;
  whole.components =
      view_list<component_view>(&c, 1, [](const void* of, std::size_t) { return *static_cast<const component_view*>(of); });
  return printed_part(whole, [&c](auto& out) { write_component(out, c); });
}
inline std::string printed(const meta& m) {
  record_view whole;
  whole.meta = view_list<meta_view>(m);
  return printed_part(whole, [&whole](auto& out) { write_meta(out, whole.meta); });
}
inline std::string printed(const query& q) {
  const result<std::string> text = q.encode();
  return text ? *text : message(text.error());
}

template <class T, class... Types>
concept any_of = (std::same_as<T, Types> || ...);
template <class T>
concept printable = any_of<T, errc, outcome, route, completeness, delivery, on_duplicate, error, timestamp, record,
                           record_view, component, component_view, meta, query>;

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
