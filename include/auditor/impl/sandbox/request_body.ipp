// Bodies of sandbox/request_body.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/sandbox/request_body.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail::sandboxed {

AUDITOR_DECL std::optional<std::string> refuse_name(const std::string& name) {
  constexpr std::size_t most = 256;
  if (!is_blank(name) && (name.size() <= most || count_graphemes(name) <= most)) return std::nullopt;
  return "Parsing '" + name + "' failed";
}

AUDITOR_DECL sent_record body_reader::read_add() { return whole(&body_reader::read_added); }

AUDITOR_DECL sent_record body_reader::read_update() { return whole(&body_reader::read_updated); }

AUDITOR_DECL std::vector<sent_record> body_reader::read_adds() { return whole(&body_reader::read_batch); }

template <class T>
AUDITOR_DECL T body_reader::whole(T (body_reader::*read)()) {
  T value = (this->*read)();
  json_.read_end();
  return value;
}

AUDITOR_DECL std::vector<sent_record> body_reader::read_batch() { return read_list(&body_reader::read_added); }

AUDITOR_DECL sent_record body_reader::read_record(std::string_view type, unsigned optional_fields) {
  sent_record r;
  read_struct(type, record_fields, optional_fields, [&](std::size_t field) {
    const bool is_optional = ((optional_fields >> field) & 1u) != 0;
    if (is_optional && json_.skip_null()) return;
    switch (field) {
      case 0: r.record_id = read_name(); break;
      case 1: r.meta = read_meta(); break;
      case 2: r.components = read_list(&body_reader::read_component); break;
      case 3: r.start_time = read_time(); break;
      default: r.stop_time = read_time(); break;
    }
  });
  return r;
}

AUDITOR_DECL sent_component body_reader::read_component() {
  sent_component c;
  read_struct("struct Component", component_fields, 0, [&](std::size_t field) {
    if (field == 0)
      c.name = read_name();
    else if (field == 1)
      c.amount = read_amount();
    else
      c.scores = read_list(&body_reader::read_score);
  });
  return c;
}

AUDITOR_DECL sent_score body_reader::read_score() {
  sent_score s;
  read_struct("struct Score", score_fields, 0, [&](std::size_t field) {
    if (field == 0)
      s.name = read_name();
    else
      s.value = read_value();
  });
  return s;
}

AUDITOR_DECL sent_meta body_reader::read_meta() {
  sent_meta meta;
  json_.read_object("a map", [&](std::string name) {
    if (auto bad = refuse_name(name)) throw complaint{std::move(*bad)};
    json_.read_colon();
    meta[std::move(name)] = read_list(&body_reader::read_name);
  });
  return meta;
}

AUDITOR_DECL std::string body_reader::read_name() {
  std::string name = json_.read_string("a string");
  if (auto bad = refuse_name(name)) throw complaint{std::move(*bad)};
  return name;
}

AUDITOR_DECL std::int64_t body_reader::read_amount() {
  const number n = json_.read_number("i64");
  if (n.kind == number::form::real) json_.here("invalid type: " + print_type(n) + ", expected i64");
  if (n.kind == number::form::negative) throw complaint{"Parsing '" + std::to_string(n.negative) + "' failed."};
  if (n.natural > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
    json_.here("invalid value: " + print_type(n) + ", expected i64");
  return static_cast<std::int64_t>(n.natural);
}

AUDITOR_DECL double body_reader::read_value() {
  const double v = json_.read_number("f64").value;
  if (v < 0) throw complaint{"Parsing '" + print_display(v) + "' failed."};
  return v;
}

AUDITOR_DECL moment body_reader::read_time() {
  const std::string text = json_.read_string("an RFC 3339 formatted date and time string");
  time_reader reader(text);
  const auto time = reader.read();
  if (!time) json_.here(std::string(reader.problem()));
  return *time;
}

template <class T>
AUDITOR_DECL std::vector<T> body_reader::read_list(T (body_reader::*read)()) {
  std::vector<T> list;
  json_.read_list("a sequence", [&] { list.push_back((this->*read)()); });
  return list;
}

template <std::size_t Size, class Read>
AUDITOR_DECL void body_reader::read_struct(std::string_view type, const std::array<std::string_view, Size>& fields,
                                           unsigned optional_fields, const Read& read) {
  unsigned seen = 0;
  const auto read_member = [&](const std::string& name) {
    std::size_t field = 0;
    while (field < Size && fields[field] != name) ++field;
    if (field < Size && ((seen >> field) & 1u) != 0) throw complaint{"duplicate field `" + name + "`"};
    json_.read_colon();
    if (field == Size) return json_.skip_value();
    seen |= 1u << field;
    read(field);
  };
  const auto look_for_missing = [&] {
    for (std::size_t field = 0; field < Size; ++field)
      if ((((seen | optional_fields) >> field) & 1u) == 0)
        throw complaint{"missing field `" + std::string(fields[field]) + "`"};
  };
  const auto read_elements = [&] {
    for (std::size_t field = 0; field < Size; ++field) {
      if (!json_.has_element(field == 0))
        throw complaint{"invalid length " + std::to_string(field) + ", expected " + std::string(type) + " with " +
                        std::to_string(Size) + " elements"};
      read(field);
    }
  };
  json_.read_struct(type, read_member, look_for_missing, read_elements);
}

}  // namespace detail::sandboxed
}  // namespace AUDITOR_ABI
}  // namespace auditor
