// Reads the records of a request as the server does: same rules, same words for what it refuses. Sandbox alone.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/sandbox/json_reader.hpp>
#include <auditor/sandbox/numbers.hpp>
#include <auditor/sandbox/times.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
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

/// Reads one body; the reading functions throw a `complaint`.
class body_reader {
 public:
  explicit body_reader(std::string_view body) noexcept : json_(body) {}

  sent_record read_add() { return whole(&body_reader::read_added); }
  sent_record read_update() { return whole(&body_reader::read_updated); }
  std::vector<sent_record> read_adds() { return whole(&body_reader::read_batch); }

 private:
  template <class T>
  T whole(T (body_reader::*read)()) {
    T value = (this->*read)();
    json_.read_end();
    return value;
  }

  static constexpr std::array<std::string_view, 5> record_fields{"record_id", "meta", "components", "start_time",
                                                                 "stop_time"};
  static constexpr std::array<std::string_view, 3> component_fields{"name", "amount", "scores"};
  static constexpr std::array<std::string_view, 2> score_fields{"name", "value"};

  sent_record read_added() { return read_record("struct RecordAdd", 0b10010); }
  sent_record read_updated() { return read_record("struct RecordUpdate", 0b01010); }
  std::vector<sent_record> read_batch() { return read_list(&body_reader::read_added); }

  sent_record read_record(std::string_view type, unsigned optional_fields) {
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

  sent_component read_component() {
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

  sent_score read_score() {
    sent_score s;
    read_struct("struct Score", score_fields, 0, [&](std::size_t field) {
      if (field == 0)
        s.name = read_name();
      else
        s.value = read_value();
    });
    return s;
  }

  sent_meta read_meta() {
    sent_meta meta;
    json_.read_object("a map", [&](std::string name) {
      if (auto bad = refuse_name(name)) throw complaint{std::move(*bad)};
      json_.read_colon();
      meta[std::move(name)] = read_list(&body_reader::read_name);
    });
    return meta;
  }

  std::string read_name() {
    std::string name = json_.read_string("a string");
    if (auto bad = refuse_name(name)) throw complaint{std::move(*bad)};
    return name;
  }

  std::int64_t read_amount() {
    const number n = json_.read_number("i64");
    if (n.kind == number::form::real) json_.here("invalid type: " + print_type(n) + ", expected i64");
    if (n.kind == number::form::negative) throw complaint{"Parsing '" + std::to_string(n.negative) + "' failed."};
    if (n.natural > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
      json_.here("invalid value: " + print_type(n) + ", expected i64");
    return static_cast<std::int64_t>(n.natural);
  }

  double read_value() {
    const double v = json_.read_number("f64").value;
    if (v < 0) throw complaint{"Parsing '" + print_display(v) + "' failed."};
    return v;
  }

  moment read_time() {
    const std::string text = json_.read_string("an RFC 3339 formatted date and time string");
    time_reader reader(text);
    const auto time = reader.read();
    if (!time) json_.here(std::string(reader.problem()));
    return *time;
  }

  template <class T>
  std::vector<T> read_list(T (body_reader::*read)()) {
    std::vector<T> list;
    json_.read_list("a sequence", [&] { list.push_back((this->*read)()); });
    return list;
  }

  template <std::size_t Size, class Read>
  void read_struct(std::string_view type, const std::array<std::string_view, Size>& fields, unsigned optional_fields,
                   const Read& read) {
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

  json_reader json_;
};

}  // namespace detail::sandboxed
}  // namespace AUDITOR_ABI
}  // namespace auditor
