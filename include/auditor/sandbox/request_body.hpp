// Reads the records of a request as the server does: same rules, same words for what it refuses. Sandbox alone.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/sandbox/json_tree.hpp>
#include <auditor/sandbox/numbers.hpp>
#include <auditor/sandbox/times.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail::sandboxed {

struct sent_score {
  std::string name;
  double value = 0;
};

struct sent_component {
  std::string name;
  std::int64_t amount = 0;
  std::vector<sent_score> scores;
};

using sent_meta = std::map<std::string, std::vector<std::string>, std::less<>>;

struct sent_record {
  std::string record_id;
  std::optional<sent_meta> meta;
  std::vector<sent_component> components;
  std::optional<moment> start_time;  ///< always there in an add
  std::optional<moment> stop_time;   ///< always there in an update
};

/// What the server says of a name that it does not take; nothing for one that it takes.
inline std::optional<std::string> refuse_name(const std::string& name) {
  constexpr std::size_t most = 256;
  if (!is_blank(name) && (name.size() <= most || count_graphemes(name) <= most)) return std::nullopt;
  return "Parsing '" + name + "' failed";
}

/// A string in quotes as the server's language prints it.
inline std::string print_quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    char escaped[16];
    switch (c) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      case '\0': out += "\\0"; break;
      default:
        if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7F) {
          out += c;
        } else {
          std::snprintf(escaped, sizeof escaped, "\\u{%x}", static_cast<unsigned>(c));
          out += escaped;
        }
    }
  }
  return out + "\"";
}

/// Reads one body; the reading functions throw a `complaint`.
class body_reader {
 public:
  explicit body_reader(std::string_view body) : tree_(body) {}

  sent_record read_add() { return whole(&body_reader::read_added); }
  sent_record read_update() { return whole(&body_reader::read_updated); }
  std::vector<sent_record> read_adds() { return whole(&body_reader::read_batch); }

 private:
  using value_ref = const json_value&;

  template <class T>
  T whole(T (body_reader::*read)(value_ref)) {
    if (tree_.root() == nullptr) throw tree_.why();
    T value = (this->*read)(*tree_.root());
    if (!tree_.is_complete()) throw tree_.why();
    return value;
  }

  static constexpr std::array<std::string_view, 5> record_fields{"record_id", "meta", "components", "start_time",
                                                                 "stop_time"};
  static constexpr std::array<std::string_view, 3> component_fields{"name", "amount", "scores"};
  static constexpr std::array<std::string_view, 2> score_fields{"name", "value"};

  sent_record read_added(value_ref value) { return read_record(value, "struct RecordAdd", 0b10010); }
  sent_record read_updated(value_ref value) { return read_record(value, "struct RecordUpdate", 0b01010); }
  std::vector<sent_record> read_batch(value_ref value) { return read_list<sent_record>(value, &body_reader::read_added); }

  sent_record read_record(value_ref value, std::string_view type, unsigned optional_fields) {
    sent_record r;
    const auto is_optional = [optional_fields](std::size_t field) { return ((optional_fields >> field) & 1u) != 0; };
    const auto read_time = [&](std::size_t field, value_ref v, std::optional<moment>& to) {
      if (!is_optional(field) || v.kind != json_value::form::null) to = this->read_time(v);
    };
    read_struct(value, type, record_fields, optional_fields, [&](std::size_t field, value_ref v) {
      switch (field) {
        case 0: r.record_id = read_name(v); break;
        case 1:
          if (v.kind != json_value::form::null) r.meta = read_meta(v);
          break;
        case 2: r.components = read_list<sent_component>(v, &body_reader::read_component); break;
        case 3: read_time(field, v, r.start_time); break;
        default: read_time(field, v, r.stop_time); break;
      }
    });
    return r;
  }

  sent_component read_component(value_ref value) {
    sent_component c;
    read_struct(value, "struct Component", component_fields, 0, [&](std::size_t field, value_ref v) {
      if (field == 0)
        c.name = read_name(v);
      else if (field == 1)
        c.amount = read_amount(v);
      else
        c.scores = read_list<sent_score>(v, &body_reader::read_score);
    });
    return c;
  }

  sent_score read_score(value_ref value) {
    sent_score s;
    read_struct(value, "struct Score", score_fields, 0, [&](std::size_t field, value_ref v) {
      if (field == 0)
        s.name = read_name(v);
      else
        s.value = read_value(v);
    });
    return s;
  }

  sent_meta read_meta(value_ref value) {
    if (value.kind != json_value::form::object) refuse_type(value, "a map");
    sent_meta meta;
    placing(value, [&](std::size_t& cursor) {
      for (const std::size_t child : value.children) {
        value_ref member = tree_[child];
        cursor = member.name_end;
        if (auto bad = refuse_name(member.name)) throw complaint{std::move(*bad), 0, false};
        auto values = read_list<std::string>(member, &body_reader::read_name);
        meta[member.name] = std::move(values);
      }
      const json_value broken = tree_.broken_member(value);
      cursor = broken.name_end;
      if (cursor == 0) return;
      if (auto bad = refuse_name(broken.name)) throw complaint{std::move(*bad), 0, false};
    });
    return meta;
  }

  std::string read_name(value_ref value) {
    if (value.kind != json_value::form::string) refuse_type(value, "a string");
    if (auto bad = refuse_name(value.text)) throw complaint{std::move(*bad), 0, false};
    return value.text;
  }

  std::int64_t read_amount(value_ref value) {
    if (value.kind != json_value::form::number) refuse_type(value, "i64");
    const number n = to_number(value);
    if (n.kind == number::form::real) refuse_type(value, "i64");
    if (n.kind == number::form::negative) throw complaint{"Parsing '" + std::to_string(n.negative) + "' failed.", 0, false};
    if (n.natural > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
      throw complaint{"invalid value: integer `" + std::to_string(n.natural) + "`, expected i64", value.end};
    return static_cast<std::int64_t>(n.natural);
  }

  double read_value(value_ref value) {
    if (value.kind != json_value::form::number) refuse_type(value, "f64");
    const double v = to_number(value).value;
    if (v < 0) throw complaint{"Parsing '" + print_display(v) + "' failed.", 0, false};
    return v;
  }

  moment read_time(value_ref value) {
    if (value.kind != json_value::form::string) refuse_type(value, "an RFC 3339 formatted date and time string");
    time_reader reader(value.text);
    const auto time = reader.read();
    if (!time) throw complaint{std::string(reader.problem()), value.end};
    return *time;
  }

  template <class T>
  std::vector<T> read_list(value_ref value, T (body_reader::*read)(value_ref)) {
    if (value.kind != json_value::form::array) refuse_type(value, "a sequence");
    std::vector<T> list;
    placing(value, [&](std::size_t& cursor) {
      list.reserve(value.children.size());
      for (const std::size_t child : value.children) {
        cursor = tree_[child].end;
        list.push_back((this->*read)(tree_[child]));
      }
    });
    return list;
  }

  // A structure may come as an object or, though nobody does it, as an array of its fields.
  template <std::size_t Size, class Read>
  void read_struct(value_ref value, std::string_view type, const std::array<std::string_view, Size>& fields,
                   unsigned optional_fields, const Read& read) {
    if (value.kind != json_value::form::object && value.kind != json_value::form::array) refuse_type(value, type);
    placing(value, [&](std::size_t& cursor) {
      if (value.kind == json_value::form::array) {
        for (std::size_t field = 0; field < Size; ++field) {
          if (field == value.children.size()) {
            if (!value.closed) return;
            cursor = field == 0 ? value.begin + 1 : cursor;
            throw complaint{"invalid length " + std::to_string(field) + ", expected " + std::string(type) + " with " +
                                std::to_string(Size) + " elements",
                            0, false};
          }
          cursor = tree_[value.children[field]].end;
          read(field, tree_[value.children[field]]);
        }
        if (value.children.size() > Size || !value.closed) refuse_rest(cursor);
        return;
      }
      unsigned seen = 0;
      const auto find_field = [&](const std::string& name, std::size_t name_end) {
        std::size_t field = 0;
        while (field < Size && fields[field] != name) ++field;
        cursor = name_end;
        if (field < Size && ((seen >> field) & 1u) != 0) throw complaint{"duplicate field `" + name + "`", 0, false};
        return field;
      };
      for (const std::size_t child : value.children) {
        value_ref member = tree_[child];
        const std::size_t field = find_field(member.name, member.name_end);
        cursor = member.end;
        if (field == Size) continue;
        seen |= 1u << field;
        read(field, member);
      }
      if (!value.closed) {
        const json_value broken = tree_.broken_member(value);
        const bool between = broken.name_end == 0 && (value.children.empty() || tree_[value.children.back()].closed);
        if (!between && (broken.name_end == 0 || find_field(broken.name, broken.name_end) == Size)) throw tree_.why(true);
        return;
      }
      for (std::size_t field = 0; field < Size; ++field)
        if ((((seen | optional_fields) >> field) & 1u) == 0)
          throw complaint{"missing field `" + std::string(fields[field]) + "`", 0, false};
    });
  }

  // Behind the last field of an array nothing but its end is looked for.
  [[noreturn]] void refuse_rest(std::size_t i) const {
    const std::string_view text = tree_.body();
    i = skip_json_space(text, i);
    if (i >= text.size()) throw complaint{"EOF while parsing a list", i};
    const bool comma = text[i] == ',';
    if (comma) i = skip_json_space(text, i + 1);
    const bool ended = i < text.size() && text[i] == ']';
    throw complaint{comma && ended ? "trailing comma" : "trailing characters", (std::min)(i + 1, text.size())};
  }

  // Gives a complaint that has no place the one that the server's parser gives it: it still tries to end the container,
  // and reports where that got it.
  template <class Body>
  void placing(value_ref container, const Body& body) {
    std::size_t cursor = container.begin + 1;
    try {
      body(cursor);
    } catch (complaint& c) {
      if (c.placed) throw;
      const std::string_view text = tree_.body();
      c.place = skip_json_space(text, cursor);
      c.placed = true;
      const char next = c.place < text.size() ? text[c.place] : '\0';
      if (container.kind == json_value::form::object) {
        if (next == '}') ++c.place;
      } else if (next == ']') {
        ++c.place;
      } else if (next == ',') {
        c.place = skip_json_space(text, c.place + 1);
      }
      throw;
    }
    if (!container.closed) throw tree_.why();
  }

  number to_number(value_ref value) const {
    if (const auto n = number_reader(value.text).read()) return *n;
    throw complaint{"number out of range", value.end};
  }

  [[noreturn]] void refuse_type(value_ref value, std::string_view expected) const {
    const std::string tail = ", expected " + std::string(expected);
    switch (value.kind) {
      case json_value::form::null: throw complaint{"invalid type: null" + tail, value.end};
      case json_value::form::boolean:
        throw complaint{std::string("invalid type: boolean `") + (value.truth ? "true" : "false") + "`" + tail, value.end};
      case json_value::form::string: throw complaint{"invalid type: string " + print_quoted(value.text) + tail, value.end};
      case json_value::form::array: throw complaint{"invalid type: sequence" + tail, value.begin};
      case json_value::form::object: throw complaint{"invalid type: map" + tail, value.begin};
      case json_value::form::number: break;
    }
    const number n = to_number(value);
    const std::string what = n.kind == number::form::natural    ? "integer `" + std::to_string(n.natural)
                             : n.kind == number::form::negative ? "integer `" + std::to_string(n.negative)
                                                                : "floating point `" + print_json(n.value);
    throw complaint{"invalid type: " + what + "`" + tail, value.end};
  }

  json_tree tree_;
};

}  // namespace detail::sandboxed
}  // namespace AUDITOR_ABI
}  // namespace auditor
