// Bodies of query/raw_query.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/timestamp.hpp>
#include <auditor/impl/base/distinct_names.hpp>
#include <auditor/impl/base/percent_encode.hpp>
#include <auditor/query/raw_query.hpp>
#include <auditor/query/refusal.hpp>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

// As the server does: first '+' is a space, then percent sequences are bytes; an incomplete one stands for itself.
inline std::string decode_query_text(std::string_view encoded) {
  const auto digit = [&](std::size_t i) -> int {
    if (i >= encoded.size()) return -1;
    const char c = encoded[i];
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
  };
  std::string decoded;
  decoded.reserve(encoded.size());
  for (std::size_t i = 0; i < encoded.size(); ++i) {
    const char c = encoded[i];
    if (c == '%' && digit(i + 1) >= 0 && digit(i + 2) >= 0) {
      decoded += static_cast<char>(digit(i + 1) * 16 + digit(i + 2));
      i += 2;
    } else {
      decoded += c == '+' ? ' ' : c;
    }
  }
  return decoded;
}

// `parameter[a][b]=value`, cut but not decoded: an '=' inside brackets belongs to the key.
struct raw_pair {
  std::string_view parameter;
  std::string_view brackets[3];
  std::size_t depth = 0;
  std::string_view value;

  // False: it is none.
  bool cut(std::string_view text) noexcept {
    std::size_t at = (std::min)(text.find_first_of("[="), text.size());
    parameter = text.substr(0, at);
    while (at < text.size() && text[at] == '[') {
      const std::size_t close = text.find(']', at);
      if (close == std::string_view::npos || depth == 3) return false;
      brackets[depth++] = text.substr(at + 1, close - at - 1);
      at = close + 1;
    }
    if (parameter.empty() || (at < text.size() && text[at] != '=')) return false;
    if (at < text.size()) value = text.substr(at + 1);
    return true;
  }
};

class raw_query_reader {
 public:
  raw_query_reader(std::string_view text, meta_dialect dialect) noexcept : text_(text), dialect_(dialect) {}

  result<raw_query> read() && {
    if (const result<void> right = check_bytes(); !right) return right.error();
    for (std::size_t at = 0; at < text_.size();) {
      const std::string_view pair = text_.substr(at, text_.find('&', at) - at);
      at += pair.size() + 1;
      if (pair.empty()) continue;  // the server skips them too
      if (const result<void> right = read_pair(pair); !right) return right.error();
    }
    if (const result<void> right = check_combinations(); !right) return right.error();
    return std::move(found_);
  }

 private:
  // '#' and what follows it never reaches the server's query; the others make the whole request malformed.
  result<void> check_bytes() const noexcept {
    for (std::size_t i = 0; i < text_.size(); ++i) {
      const char c = text_[i];
      if (c > ' ' && c < '\x7F' && c != '#' && c != '"' && c != '<' && c != '>') continue;
      return invalid_query("query text: a character that must be percent-encoded at byte ").more(std::uint64_t{i});
    }
    return {};
  }

  result<void> read_pair(std::string_view text) {
    raw_pair pair;
    if (!pair.cut(text)) return refuse(text, "the server expects parameter[..]=value");
    // An empty value is no value to the server, and so no condition.
    if (pair.value.empty()) return refuse(text, "has no value: the server would drop it");
    if (decode_query_text(pair.value).find('\0') != std::string::npos) return refuse(text, "must not hold U+0000");

    if (text.front() == '?') return refuse(text, "'?' may stand at the beginning of the whole text only, once");
    const std::string parameter = decode_query_text(pair.parameter);
    if (parameter.find_first_of("[]") != std::string::npos)
      return refuse(text, "brackets of the grammar must be literal [ and ], not %5B and %5D");
    if (parameter == "sort_by") return read_order(text, pair);
    if (parameter == "limit") return read_limit(text, pair);
    keep(text);
    if (parameter == "record_id") {
      if (pair.depth != 0 || found_.record_id) return refuse(text, "record_id=id is expected, once");
      found_.record_id = decode_query_text(pair.value);
      return {};
    }
    if (parameter == "start_time" || parameter == "stop_time") return read_time(text, parameter, pair);
    if (parameter == "runtime") return read_range(text, parameter, {}, pair, 1);
    if (parameter == "component") return read_component(text, pair);
    if (parameter == "meta") return read_meta(text, pair);
    // Servers since 0.9.0 refuse what they do not know, the older ones ignore it.
    if (dialect_ == meta_dialect::scalar) return refuse(text, "unknown parameter: old servers would drop it");
    return {};
  }

  void keep(std::string_view text) {
    if (!found_.filters.empty()) found_.filters += '&';
    found_.filters += text;
  }

  result<void> read_order(std::string_view text, const raw_pair& pair) {
    if (found_.sort_by) return refuse(text, "one sort order only: with asc and desc together the server takes asc");
    const std::string direction = pair.depth == 1 ? decode_query_text(pair.brackets[0]) : std::string();
    const std::string by = decode_query_text(pair.value);
    for (const field known : {field::start_time, field::stop_time, field::runtime, field::record_id})
      if (by == to_string(known) && (direction == "asc" || direction == "desc")) {
        found_.sort_by = direction == "asc" ? ascending(known) : descending(known);
        return {};
      }
    return refuse(text, "expected sort_by[asc or desc]=start_time, stop_time, runtime or record_id");
  }

  result<void> read_limit(std::string_view text, const raw_pair& pair) {
    const std::string value = decode_query_text(pair.value);
    std::int64_t most = -1;
    const std::from_chars_result end = std::from_chars(value.data(), value.data() + value.size(), most);
    if (pair.depth != 0 || end.ec != std::errc() || end.ptr != value.data() + value.size() || most < 0)
      return refuse(text, "must be 0 .. 9223372036854775807");
    if (found_.limit) return refuse(text, "the same key twice");
    found_.limit = static_cast<std::uint64_t>(most);
    return {};
  }

  result<void> read_time(std::string_view text, std::string_view parameter, const raw_pair& pair) {
    timestamp moment;
    if (read_timestamp(decode_query_text(pair.value), moment).words == nullptr &&
        (moment < earliest_timestamp || moment > latest_timestamp))
      return refuse(text, "must lie in -4713-12-31 .. +262142-12-31");
    if (pair.depth == 1 && decode_query_text(pair.brackets[0]) == "equals")
      return refuse(text, "the server drops equals on a time; give a lower and an upper bound");
    return read_range(text, parameter, {}, pair, 1);
  }

  result<void> read_range(std::string_view text, std::string_view parameter, std::string_view name, const raw_pair& pair,
                          std::size_t depth) {
    const std::string op = pair.depth == depth ? decode_query_text(pair.brackets[depth - 1]) : std::string();
    for (const std::string_view known : {"gt", "gte", "lt", "lte", "equals"})
      if (op == known) {
        std::string key(parameter);
        if (!name.empty()) add_bracket(key, name);
        keys_.push_back(key + '[' + op + ']');
        return {};
      }
    return refuse(text, "expected one of the operators gt, gte, lt, lte, equals");
  }

  result<void> read_component(std::string_view text, const raw_pair& pair) {
    const std::string name = decode_query_text(pair.brackets[0]);
    if (!names_itself(pair.brackets[0])) return refuse(text, first_digit_rule);
    if (!component_.empty() && name != component_) return two_components(component_, name);
    component_ = name;
    found_.component = true;
    return read_range(text, "component", name, pair, 2);
  }

  result<void> read_meta(std::string_view text, const raw_pair& pair) {
    if (pair.depth < 2) return refuse(text, "expected meta[name][c or dnc]");
    if (!names_itself(pair.brackets[0])) return refuse(text, first_digit_rule);
    const std::string op = decode_query_text(pair.brackets[1]);
    if (op != "c" && op != "dnc") return refuse(text, "the server would drop an operator that is not c or dnc");
    std::string key = "meta";
    add_bracket(key, decode_query_text(pair.brackets[0]));
    key += '[' + op + ']';
    if (pair.depth == 3) {
      const std::string_view index = pair.brackets[2];
      if (index.empty()) return {};  // [] appends, so that it may come again
      if (!is_all_digits(index)) return refuse(text, "expected an index of digits");
      key.append("[").append(index).append("]");
    }
    keys_.push_back(std::move(key));
    return {};
  }

  // The same key twice is an error at the server, two bounds of one side are dropped there.
  result<void> check_combinations() {
    const auto key_at = [this](std::size_t i) { return std::string_view(keys_[i]); };
    if (const std::size_t twice = first_duplicate(keys_.size(), key_at); twice != no_duplicate)
      return refuse(keys_[twice], "the same key twice");
    model_detail::name_index known(keys_.size(), key_at);
    for (const std::string& key : keys_)
      for (const std::string_view op : {"[gt]", "[lt]"})
        if (key.size() > op.size() && key.ends_with(op) && !key.starts_with("meta[")) {
          const std::string other = key.substr(0, key.size() - 1) + "e]";
          if (known.find(other, known.none) != known.none) return refuse(key + " and " + other, "the server drops both");
        }
    return {};
  }

  static bool is_all_digits(std::string_view text) noexcept { return text.find_first_not_of("0123456789") == text.npos; }

  // Whether a key between brackets is the name that it looks like: the server takes one that begins with a digit for an
  // index, and makes [007] the name 7.
  static bool names_itself(std::string_view key) noexcept {
    if (key.empty() || !is_digit(key.front())) return !key.empty();
    return (key.front() != '0' || key.size() == 1) && is_all_digits(key);
  }
  static constexpr std::string_view first_digit_rule =
      "a name is expected in the brackets, its first digit encoded: %32nd for 2nd";

  static void add_bracket(std::string& key, std::string_view name) {
    key += '[';
    model_detail::percent_encode_key(key, name);  // encoded, so that no name looks like two brackets
    key += ']';
  }

  static result<void> refuse(std::string_view text, std::string_view rule) noexcept {
    error e = invalid_query("");
    return add_shortened(e, text, 60).more(": ").more(rule);
  }

  std::string_view text_;
  meta_dialect dialect_;
  raw_query found_;
  std::vector<std::string> keys_;
  std::string component_;
};

AUDITOR_DECL result<raw_query> read_raw_query(std::string_view text, meta_dialect dialect) {
  return raw_query_reader(text, dialect).read();
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
