// Bodies of sandbox/filters.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/sandbox/filters.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail::sandboxed {

AUDITOR_DECL filters filter_reader::read(std::string_view query) {
  tree members = query_parser(query).parse();
  filters f;
  static constexpr std::array<std::string_view, 8> fields{"record_id", "start_time", "stop_time", "runtime",
                                                          "meta",      "component",  "sort_by",   "limit"};
  read_struct(members, fields, true, [&](std::size_t field, const query_level& level) {
    if (is_absent(level)) return;
    switch (field) {
      case 0: f.record_id = read_name(level); break;
      case 1: f.start_time = read_range<moment>(level); break;
      case 2: f.stop_time = read_range<moment>(level); break;
      case 3: f.runtime = read_range<std::int64_t>(level); break;
      case 4: read_map(level, [&](const std::string& name, const query_level& v) { f.meta[name] = read_meta(v); }); break;
      case 5:
        read_map(level,
                 [&](const std::string& name, const query_level& v) { f.component[name] = read_range<std::int64_t>(v); });
        break;
      case 6: read_sort(level, f); break;
      default: f.limit = read_amount(level); break;
    }
  });
  return f;
}

AUDITOR_DECL bool filter_reader::is_absent(const query_level& level) noexcept {
  return level.kind == form::flat && level.text.empty();
}

AUDITOR_DECL std::string filter_reader::one_of(const std::string& what, std::string_view name,
                                               const std::string_view* options, std::size_t count) {
  std::string words = "unknown " + what + " `" + std::string(name) + "`, expected " + (count > 2 ? "one of " : "");
  for (std::size_t i = 0; i < count; ++i) {
    if (i > 0) words += count > 2 ? ", " : " or ";
    words += "`" + std::string(options[i]) + "`";
  }
  return words;
}

template <std::size_t Size, class Read>
AUDITOR_DECL void filter_reader::read_struct(tree& members, const std::array<std::string_view, Size>& fields,
                                             bool only_known, const Read& read) {
  for (std::size_t field = 0; field < Size; ++field) {
    const auto found = members.find(std::string(fields[field]));
    if (found == members.end()) continue;
    const query_level level = std::move(found->second);
    members.erase(found);
    read(field, level);
  }
  for (const auto& [name, level] : members) {
    if (!only_known) {
      ignore(level);
      continue;
    }
    std::string words = one_of("field", name, fields.data(), Size);
    if (name.find('[') != std::string::npos) words += encoded_bracket;
    throw query_complaint{words};
  }
}

AUDITOR_DECL void filter_reader::refuse_broken(const query_level& level) {
  if (level.kind == form::invalid) throw query_complaint{level.text};
  if (level.kind == form::empty) throw query_complaint{"attempted to deserialize unitialised value"};
}

AUDITOR_DECL void filter_reader::ignore(const query_level& level) {
  refuse_broken(level);
  for (const auto& [name, inner] : level.nested) ignore(inner);
  for (const auto& [index, inner] : level.ordered) ignore(inner);
  for (const query_level& inner : level.sequence) ignore(inner);
}

AUDITOR_DECL filter_reader::tree filter_reader::members_of(const query_level& level) {
  if (level.kind == form::nested) return level.nested;
  if (level.kind == form::invalid) throw query_complaint{level.text};
  if (level.kind != form::ordered) throw query_complaint{"could not convert " + level.print() + " to QsDeserializer<'a>"};
  tree members;
  for (const auto& [index, value] : level.ordered) members.emplace(std::to_string(index), value);
  return members;
}

AUDITOR_DECL void filter_reader::refuse_type(const query_level& level, std::string_view expected) {
  refuse_broken(level);
  const std::string what = level.kind == form::nested ? "map"
                           : level.kind == form::flat ? "string " + print_quoted(level.text)
                                                      : "sequence";
  throw query_complaint{"invalid type: " + what + ", expected " + std::string(expected)};
}

AUDITOR_DECL std::string filter_reader::read_name(const query_level& level) {
  if (level.kind != form::flat) refuse_type(level, "a string");
  if (auto bad = refuse_name(level.text)) throw query_complaint{std::move(*bad)};
  return level.text;
}

AUDITOR_DECL std::int64_t filter_reader::read_amount(const query_level& level) {
  refuse_broken(level);
  const std::string got = level.kind == form::nested    ? "a Map"
                          : level.kind == form::ordered ? "an OrderedSequence"
                                                        : "a Sequence";
  if (level.kind != form::flat) throw query_complaint{"Expected: \"i64\", got " + got};
  std::string_view digits = level.text;
  if (digits.empty()) throw query_complaint{"cannot parse integer from empty string"};
  const bool plus = digits[0] == '+';
  if (plus) digits.remove_prefix(1);
  std::int64_t amount = 0;
  const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), amount);
  if (error == std::errc::invalid_argument || stop != digits.data() + digits.size() || (plus && digits[0] == '-'))
    throw query_complaint{"invalid digit found in string"};
  if (error != std::errc{})
    throw query_complaint{std::string("number too ") + (digits[0] == '-' ? "small" : "large") + " to fit in target type"};
  if (amount < 0) throw query_complaint{"Parsing '" + std::to_string(amount) + "' failed."};
  return amount;
}

AUDITOR_DECL moment filter_reader::read_time(const query_level& level) {
  if (level.kind != form::flat) refuse_type(level, "an RFC 3339 formatted date and time string");
  time_reader reader(level.text);
  const auto time = reader.read();
  if (!time) throw query_complaint{std::string(reader.problem())};
  return *time;
}

template <class T>
AUDITOR_DECL range_filter<T> filter_reader::read_range(const query_level& level) {
  static constexpr std::array<std::string_view, 5> operators{"gt", "lt", "gte", "lte", "equals"};
  tree members = members_of(level);
  range_filter<T> range;
  read_struct(members, operators, true, [&](std::size_t which, const query_level& v) {
    if (is_absent(v)) return;
    T value{};
    if constexpr (std::is_same_v<T, moment>)
      value = read_time(v);
    else
      value = read_amount(v);
    std::optional<T>* const targets[] = {&range.gt, &range.lt, &range.gte, &range.lte, &range.equals};
    *targets[which] = value;
  });
  return range;
}

AUDITOR_DECL meta_filter filter_reader::read_meta(const query_level& level) {
  static constexpr std::array<std::string_view, 2> operators{"c", "dnc"};
  tree members = members_of(level);
  meta_filter filter;
  read_struct(members, operators, false, [&](std::size_t which, const query_level& v) {
    if (is_absent(v)) return;
    std::vector<std::string>& values = which == 0 ? filter.contains : filter.lacks;
    if (v.kind == form::ordered)
      for (const auto& [index, value] : v.ordered) values.push_back(read_name(value));
    else if (v.kind == form::sequence)
      for (const query_level& value : v.sequence) values.push_back(read_name(value));
    else
      refuse_type(v, "a sequence");
  });
  return filter;
}

template <class Read>
AUDITOR_DECL void filter_reader::read_map(const query_level& level, const Read& read) {
  if (level.kind != form::nested && level.kind != form::ordered) refuse_type(level, "a map");
  for (const auto& [name, value] : members_of(level)) {
    if (auto bad = refuse_name(name)) {
      if (name.find('[') != std::string::npos) *bad += encoded_bracket;
      throw query_complaint{std::move(*bad)};
    }
    read(name, value);
  }
}

AUDITOR_DECL void filter_reader::read_sort(const query_level& level, filters& f) {
  static constexpr std::array<std::string_view, 2> orders{"asc", "desc"};
  static constexpr std::array<std::string_view, 4> columns{"start_time", "stop_time", "runtime", "record_id"};
  if (level.kind != form::nested && level.kind != form::flat)
    throw query_complaint{level.print() + " does not appear to be an enum"};
  const std::string order = level.kind == form::flat ? level.text : level.nested.begin()->first;
  if (order != orders[0] && order != orders[1])
    throw query_complaint{one_of("variant", order, orders.data(), orders.size())};
  if (level.kind == form::flat)
    throw query_complaint{"Invalid(\"this value can only deserialize to a UnitVariant\") does not appear to be an enum"};
  const query_level& column = level.nested.begin()->second;
  if (column.kind != form::nested && column.kind != form::flat)
    throw query_complaint{column.print() + " does not appear to be an enum"};
  const std::string name = column.kind == form::flat ? column.text : column.nested.begin()->first;
  const auto found = std::find(columns.begin(), columns.end(), name);
  if (found == columns.end()) throw query_complaint{one_of("variant", name, columns.data(), columns.size())};
  f.sort_by = static_cast<sort_column>(found - columns.begin());
  f.descending = order == orders[1];
}

}  // namespace detail::sandboxed
}  // namespace AUDITOR_ABI
}  // namespace auditor
