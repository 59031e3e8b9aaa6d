// The server's side of a query, written anew for the tests: what it understands, what it refuses, what it drops.
#pragma once

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace server {

// `conditions` holds what the server would put into its SQL, one line per condition, order and limit included.
struct understood {
  bool refused = false;  // status 400
  bool dropped = false;  // something in the text has no effect
  bool fails = false;    // the database refuses it, or it cannot match: an empty answer whatever is stored
  std::multiset<std::string> conditions;
};

class reader {
 public:
  static understood read(std::string_view text) {
    reader r;
    r.parse(text);
    if (!r.answer_.refused) r.filters();
    if (r.answer_.refused) r.answer_.conditions.clear();
    if (!r.answer_.refused && r.answer_.conditions.size() < r.pairs_) r.answer_.dropped = true;
    return r.answer_;
  }

  static std::string decode(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
      unsigned byte = 0;
      if (text[i] == '%' && i + 2 < text.size() &&
          std::from_chars(text.data() + i + 1, text.data() + i + 3, byte, 16).ptr == text.data() + i + 3) {
        out += static_cast<char>(byte);
        i += 2;
      } else {
        out += text[i] == '+' ? ' ' : text[i];
      }
    }
    return out;
  }

 private:
  // A level of the tree that brackets make: `a[x]` is a map, `a[0]` an indexed list, `a[]` a list, `a` a value.
  struct level {
    enum { nothing, value, map, indexed, list, invalid } kind = nothing;
    std::string text;
    std::map<std::string, level> named;
    std::map<std::size_t, level> numbered;
    std::vector<std::string> appended;
  };

  void refuse() { answer_.refused = true; }

  void parse(std::string_view text) {
    if (const auto hash = text.find('#'); hash != std::string_view::npos) {
      text = text.substr(0, hash);
      answer_.dropped = true;
    }
    for (const char c : text)
      if (c <= ' ' || c > '~' || c == '"' || c == '<' || c == '>') return refuse();
    while (!text.empty()) {
      const std::string_view pair = text.substr(0, text.find('&'));
      text.remove_prefix((std::min)(text.size(), pair.size() + 1));
      if (pair.empty()) continue;
      ++pairs_;
      root_.kind = level::map;
      if (pair.front() == '[') {
        bracket(root_, pair);
      } else {
        const auto end = (std::min)(pair.find_first_of("[="), pair.size());
        named(root_, decode(pair.substr(0, end)), pair.substr(end));
      }
    }
  }

  // `rest` begins with '['.
  void bracket(level& at, std::string_view rest) {
    rest.remove_prefix(1);
    if (rest.empty() || rest.front() == '[') return refuse();
    if (rest.front() == ']') {
      rest.remove_prefix(1);
      if (!rest.empty() && rest.front() != '=') return refuse();
      if (at.kind == level::nothing) at.kind = level::list;
      if (at.kind != level::list) {
        at.kind = level::invalid;
        return;
      }
      return at.appended.push_back(decode(rest.substr(rest.empty() ? 0 : 1)));
    }
    const bool index = rest.front() >= '0' && rest.front() <= '9';
    const auto end = (std::min)(rest.find(']'), rest.size());
    const std::string key = decode(rest.substr(0, end));
    rest.remove_prefix((std::min)(rest.size(), end + 1));
    if (!index) return named(at, key, rest);
    std::size_t number = 0;
    if (std::from_chars(key.data(), key.data() + key.size(), number).ptr != key.data() + key.size()) return refuse();
    numbered(at, number, rest);
  }

  void named(level& at, const std::string& key, std::string_view rest) {
    if (!rest.empty() && rest.front() != '=' && rest.front() != '[') return refuse();
    if (at.kind == level::nothing) at.kind = level::map;
    if (at.kind != level::map) {
      at.kind = level::invalid;
      return;
    }
    end_or_deeper(at.named[key], rest);
  }

  void numbered(level& at, std::size_t key, std::string_view rest) {
    if (!rest.empty() && rest.front() != '=' && rest.front() != '[') return refuse();
    if (at.kind == level::nothing) at.kind = level::indexed;
    if (at.kind != level::indexed) {
      at.kind = level::invalid;
      return;
    }
    end_or_deeper(at.numbered[key], rest);
  }

  void end_or_deeper(level& child, std::string_view rest) {
    if (!rest.empty() && rest.front() == '[') return bracket(child, rest);
    if (child.kind != level::nothing) {
      child.kind = level::invalid;  // the same key twice
      return;
    }
    child.kind = level::value;
    child.text = decode(rest.substr(rest.empty() ? 0 : 1));
  }

  // What the tree means.
  void filters() {
    for (auto& [key, child] : root_.named) {
      if (key == "record_id" || key == "limit") {
        if (absent(child)) continue;
        if (child.kind != level::value) return refuse();
        if (key == "record_id") {
          if (!valid_name(child.text)) return refuse();
          add("record_id = " + child.text);
        } else {
          const auto most = number(child.text);
          if (!most) return refuse();
          add("limit " + std::to_string(*most));
        }
      } else if (key == "start_time" || key == "stop_time" || key == "runtime") {
        if (!absent(child)) operators(key, child, key != "runtime");
      } else if (key == "component" || key == "meta") {
        if (absent(child)) continue;
        for (auto& [name, filter] : entries(child)) {
          if (!valid_name(name)) return refuse();
          key == "meta" ? meta(name, filter) : operators("amount of " + name, filter, false);
        }
        if (key == "component" && child.named.size() + child.numbered.size() > 1) answer_.fails = true;
      } else if (key == "sort_by") {
        if (!absent(child)) sort(child);
      } else {
        return refuse();
      }
    }
  }

  static bool absent(const level& at) { return at.kind == level::value && at.text.empty(); }

  std::map<std::string, level> entries(const level& at) {
    if (at.kind == level::map) return at.named;
    std::map<std::string, level> all;
    if (at.kind == level::indexed)
      for (const auto& [key, child] : at.numbered) all[std::to_string(key)] = child;
    else
      refuse();
    return all;
  }

  void operators(const std::string& what, const level& at, bool is_time) {
    std::map<std::string, std::string> given;
    for (const auto& [op, child] : entries(at)) {
      if (op != "gt" && op != "gte" && op != "lt" && op != "lte" && op != "equals") return refuse();
      if (absent(child)) continue;
      if (child.kind != level::value) return refuse();
      const auto value = is_time ? moment(child.text) : number(child.text);
      if (!value) return refuse();
      if (!is_time || op != "equals") given[op] = std::to_string(*value);
    }
    if ((given.count("gt") && given.count("gte")) || (given.count("lt") && given.count("lte"))) return;
    for (const auto& [op, value] : given) add(what + " " + op + " " + value);
  }

  void meta(const std::string& name, const level& at) {
    for (const auto& [op, child] : entries(at)) {
      if ((op != "c" && op != "dnc") || absent(child)) continue;
      std::vector<std::string> values = child.appended;
      if (child.kind != level::indexed && child.kind != level::list) return refuse();
      for (const auto& [index, value] : child.numbered) {
        if (value.kind != level::value) return refuse();
        values.push_back(value.text);
      }
      for (const std::string& value : values) {
        if (!valid_name(value)) return refuse();
        add("meta " + name + " " + op + " " + value);
      }
    }
  }

  void sort(const level& at) {
    if (at.kind != level::map || at.named.empty()) return refuse();
    const auto& [direction, by] = *at.named.begin();  // asc wins over desc
    static const std::set<std::string> known{"start_time", "stop_time", "runtime", "record_id"};
    if ((direction != "asc" && direction != "desc") || by.kind != level::value || !known.count(by.text)) return refuse();
    add("order " + direction + " " + by.text);
  }

  void add(const std::string& condition) {
    if (condition.find('\0') != std::string::npos) answer_.fails = true;
    answer_.conditions.insert(condition);
  }

  static bool valid_name(const std::string& name) {
    const auto characters = std::count_if(name.begin(), name.end(), [](char c) { return (c & 0xC0) != 0x80; });
    return name.find_first_not_of(" \t\n\r") != std::string::npos && characters <= 256;
  }

  static std::optional<std::int64_t> number(const std::string& text) {
    std::int64_t value = 0;
    const auto end = std::from_chars(text.data(), text.data() + text.size(), value);
    if (end.ec != std::errc() || end.ptr != text.data() + text.size() || value < 0) return std::nullopt;
    return value;
  }

  // Microseconds since 1970, of years that std::chrono can count.
  static std::optional<std::int64_t> moment(const std::string& text) {
    using namespace std::chrono;
    int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, used = 0;
    if (std::sscanf(text.c_str(), "%d-%2d-%2dT%2d:%2d:%2d%n", &year, &month, &day, &hour, &minute, &second, &used) != 6)
      return std::nullopt;
    const auto date = std::chrono::year(year) / month / day;
    if (!date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
    std::int64_t micros = 0;
    std::size_t at = static_cast<std::size_t>(used);
    if (at < text.size() && text[at] == '.')
      for (std::int64_t weight = 100'000; ++at < text.size() && text[at] >= '0' && text[at] <= '9'; weight /= 10)
        micros += weight * (text[at] - '0');
    const std::string_view zone = std::string_view(text).substr(at);
    if (zone != "Z" && zone != "+00:00") return std::nullopt;
    const auto seconds_of_day = hours(hour) + minutes(minute) + seconds(second);
    return duration_cast<microseconds>(sys_days(date).time_since_epoch()).count() +
           duration_cast<microseconds>(seconds_of_day).count() + micros;
  }

  level root_;
  understood answer_;
  std::size_t pairs_ = 0;
};

inline understood read(std::string_view text) { return reader::read(text); }

}  // namespace server
