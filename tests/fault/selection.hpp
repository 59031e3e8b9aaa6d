// What a GET /records asks for, as numbers: read from the target of a request, or drawn for a call.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "known_records.hpp"

#include <auditor/base/timestamp.hpp>
#include <auditor/query/order.hpp>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace fault {

/// Both ends belong to it.
struct span_of_values {
  std::optional<std::int64_t> least, most;

  bool asked() const noexcept { return least || most; }
  bool holds(std::optional<std::int64_t> value) const noexcept {
    return !asked() || (value && (!least || *value >= *least) && (!most || *value <= *most));
  }
};

struct selection {
  span_of_values start, stop, runtime, amount;
  bool even_only = false;
  std::optional<std::size_t> only;
  std::optional<std::size_t> limit;
  std::optional<auditor::order> sorted;

  bool matches(std::size_t id, content what) const noexcept {
    const known_record& known = record_pool::at(id, what);
    return (!only || *only == id) && (!even_only || id % 2 == 0) && start.holds(known.start) && stop.holds(known.stop) &&
           runtime.holds(known.runtime) && amount.holds(known.amount);
  }
  bool has_range() const noexcept { return start.asked() || stop.asked() || runtime.asked(); }
  /// The conditions whose emptiness a neighbour proves: no others (protocol, section 7.4 a).
  bool only_ranges() const noexcept { return has_range() && !amount.asked() && !even_only && !only; }
  /// There is an index on the ids alone: all else reads the whole table.
  bool scans() const noexcept {
    return has_range() || amount.asked() || even_only || (!only && (!sorted || sorted->by != auditor::field::record_id));
  }

  /// Nothing, for a target that no Auditor understands, or in which it would drop a filter silently.
  static std::optional<selection> of(std::string_view target) {
    constexpr std::string_view route = "/records";
    if (!target.starts_with(route)) return std::nullopt;
    target.remove_prefix(route.size());
    selection asked;
    if (target.empty()) return asked;
    if (target.front() != '?') return std::nullopt;
    target.remove_prefix(1);
    while (!target.empty()) {
      const std::size_t end = (std::min)(target.find('&'), target.size());
      const std::string_view pair = target.substr(0, end);
      const std::size_t equals = pair.find('=');
      if (equals == std::string_view::npos || !asked.add(pair.substr(0, equals), plain(pair.substr(equals + 1))))
        return std::nullopt;
      target.remove_prefix((std::min)(end + 1, target.size()));
    }
    return asked;
  }

 private:
  static std::string plain(std::string_view encoded) {
    std::string text;
    for (std::size_t i = 0; i < encoded.size(); ++i) {
      unsigned code = 0;
      if (encoded[i] == '%' && i + 2 < encoded.size() &&
          std::from_chars(encoded.data() + i + 1, encoded.data() + i + 3, code, 16).ec == std::errc{}) {
        text += static_cast<char>(code);
        i += 2;
      } else {
        text += encoded[i];
      }
    }
    return text;
  }

  static std::optional<std::int64_t> number(std::string_view text) {
    std::int64_t value = 0;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (fault != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
  }
  static std::optional<std::int64_t> moment(std::string_view text) {
    const auto parsed = auditor::parse_timestamp(text);
    if (!parsed) return std::nullopt;
    return parsed->time_since_epoch().count();
  }

  bool add(std::string_view key, std::string_view value) {
    if (value.empty()) return false;
    if (key == "record_id") {
      only = number_of(value);
      return *only < ids;
    }
    if (key == "limit") {
      const auto most = number(value);
      if (most) limit = static_cast<std::size_t>(*most);
      return most.has_value();
    }
    if (key == "meta[site][c][0]" && value == "even") return even_only = true;
    if (key.starts_with("sort_by[")) return sort(key.substr(8), value);
    const struct {
      std::string_view name;
      span_of_values& values;
      std::optional<std::int64_t> (*parse)(std::string_view);
    } columns[] = {{"start_time", start, &moment},
                   {"stop_time", stop, &moment},
                   {"runtime", runtime, &number},
                   {"component[CPU]", amount, &number}};
    for (const auto& each : columns)
      if (key.starts_with(each.name)) return bound(each.values, key.substr(each.name.size()), each.parse(value));
    return false;
  }
  bool sort(std::string_view direction, std::string_view by) {
    if (sorted || (direction != "asc]" && direction != "desc]")) return false;
    for (const auditor::field each :
         {auditor::field::start_time, auditor::field::stop_time, auditor::field::runtime, auditor::field::record_id})
      if (auditor::to_string(each) == by) sorted = auditor::order{each, direction == "desc]"};
    return sorted.has_value();
  }
  static bool bound(span_of_values& span, std::string_view op, std::optional<std::int64_t> value) {
    if (!value) return false;
    const bool lower = op == "[gt]" || op == "[gte]", upper = op == "[lt]" || op == "[lte]";
    if ((lower && span.least) || (upper && span.most)) return false;  // one of the two would be dropped
    if (lower) span.least = *value + (op == "[gt]");
    if (upper) span.most = *value - (op == "[lt]");
    return lower || upper;
  }
};

}  // namespace fault
