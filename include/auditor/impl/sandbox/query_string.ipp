// Bodies of sandbox/query_string.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/sandbox/query_string.hpp>

#include <charconv>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail::sandboxed {

AUDITOR_DECL std::string query_level::print() const {
  std::string out;
  const auto item = [&out](const std::string& part) { out += (out.empty() ? "" : ", ") + part; };
  switch (kind) {
    case form::empty: return "Uninitialised";
    case form::flat: return "Flat(" + print_quoted(text) + ")";
    case form::invalid: return "Invalid(" + print_quoted(text) + ")";
    case form::nested:
      for (const auto& [name, level] : nested) item(print_quoted(name) + ": " + level.print());
      return "Nested({" + out + "})";
    case form::ordered:
      for (const auto& [index, level] : ordered) item(std::to_string(index) + ": " + level.print());
      return "OrderedSeq({" + out + "})";
    case form::sequence:
      for (const query_level& level : sequence) item(level.print());
      return "Sequence([" + out + "])";
  }
  return out;
}

AUDITOR_DECL std::string percent_decode(std::string_view text, std::string_view keep) {
  const auto hex = [](char c) {
    return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
  };
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? hex(text[i + 1]) : -1;
    const int low = high >= 0 ? hex(text[i + 2]) : -1;
    const char c = static_cast<char>(high * 16 + low);
    if (low >= 0 && keep.find(c) == std::string_view::npos) {
      out += c;
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

AUDITOR_DECL std::map<std::string, query_level> query_parser::parse() {
  query_level root;
  root.kind = query_level::form::nested;
  while (parse_pair(root)) {
  }
  return std::move(root.nested);
}

AUDITOR_DECL char query_parser::take() {
  if (has_peeked_) {
    has_peeked_ = false;
    return peeked_;
  }
  const char c = taken_ < text_.size() ? text_[taken_] : end_of_text;
  ++taken_;
  return c;
}

AUDITOR_DECL char query_parser::peek() {
  if (!has_peeked_) give_back(take());
  return peeked_;
}

AUDITOR_DECL void query_parser::give_back(char c) noexcept {
  peeked_ = c;
  has_peeked_ = c != end_of_text;
}

AUDITOR_DECL std::string query_parser::collect() {
  const std::size_t end = (std::min)(taken_ - 1, text_.size());
  std::string piece(text_.substr(mark_, end - mark_));
  for (char& c : piece)
    if (c == '+') c = ' ';
  piece = percent_decode(piece);
  mark_ = taken_;
  if (const std::size_t good = valid_utf8(piece); good != piece.size())
    throw query_complaint{"invalid utf-8 sequence of 1 bytes from index " + std::to_string(good)};
  return piece;
}

AUDITOR_DECL void query_parser::refuse(const std::string& why) const {
  throw query_complaint{"parsing failed with error: '" + why + "' at position: " + std::to_string(taken_)};
}

AUDITOR_DECL bool query_parser::parse_pair(query_level& level) {
  if (depth_ == 0) {
    std::string key = collect_key('=', false);
    add_named(std::move(key), level);
    return true;
  }
  const char c = take();
  if (c == end_of_text) return false;
  if (c == '&') {
    mark_ = taken_;
    return true;
  }
  if (c != '[') {
    std::string key = collect_key('[', false);
    add_named(std::move(key), level);
    return true;
  }
  mark_ = taken_;
  const char next = peek();
  if (next == end_of_text) throw query_complaint{"query string ended before expected"};
  if (next == '[') refuse("found another opening bracket before the closed bracket");
  if (next == ']') {
    take();
    mark_ = taken_;
    add_unnamed(level);
  } else if (next >= '0' && next <= '9') {
    add_indexed(to_index(collect_key(']', true)), level);
  } else if (next >= 0x20 && next <= 0x7E) {
    std::string key = collect_key(']', true);
    add_named(std::move(key), level);
  } else {
    refuse("unexpected character: \xEF\xBF\xBD");
  }
  return true;
}

AUDITOR_DECL std::string query_parser::collect_key(char end, bool consume) {
  for (;;) {
    const char c = take();
    if (c == end_of_text) return collect();
    if (c == end) {
      if (!consume) give_back(c);
      return collect();
    }
    if ((c == '=' && end != ']') || c == '&') {
      give_back(c);
      return collect();
    }
  }
}

AUDITOR_DECL std::size_t query_parser::to_index(const std::string& key) {
  std::size_t index = 0;
  const auto [stop, error] = std::from_chars(key.data(), key.data() + key.size(), index);
  if (stop != key.data() + key.size()) throw query_complaint{"invalid digit found in string"};
  if (error != std::errc{}) throw query_complaint{"number too large to fit in target type"};
  return index;
}

AUDITOR_DECL std::string query_parser::collect_value() {
  mark_ = taken_;
  while (true) {
    const char c = take();
    if (c == '&' || c == end_of_text) return collect();
  }
}

template <class Insert, class Descend>
AUDITOR_DECL void query_parser::add(query_level& level, bool indexed, const Insert& insert, const Descend& descend) {
  const char c = peek();
  if (c == '=') {
    take();
    insert(collect_value());
  } else if (c == '&' || c == end_of_text) {
    insert(std::string());
  } else if (c == '[') {
    query_level* deeper = descend();
    if (deeper == nullptr) refuse("tried to insert a new key into " + level.print());
    --depth_;
    parse_pair(*deeper);
  } else {
    // Behind an index the server prints the byte as a number.
    refuse("Unexpected character: " + (indexed ? std::to_string(c) : std::string("'") + c + "'") + " found when parsing");
  }
  ++depth_;
}

AUDITOR_DECL bool query_parser::become(query_level& level, query_level::form kind) {
  if (level.kind == query_level::form::empty) level.kind = kind;
  return level.kind == kind;
}

AUDITOR_DECL void query_parser::invalidate(query_level& level, std::string why) {
  level = query_level{};
  level.kind = query_level::form::invalid;
  level.text = std::move(why);
}

AUDITOR_DECL query_level query_parser::flat(std::string value) {
  query_level level;
  level.kind = query_level::form::flat;
  level.text = std::move(value);
  return level;
}

AUDITOR_DECL void query_parser::add_named(std::string key, query_level& level) {
  add(
      level, false,
      [&](std::string value) {
        if (!become(level, query_level::form::nested))
          return invalidate(level, "Attempted to insert map value into non-map structure");
        if (level.nested.find(key) == level.nested.end())
          return static_cast<void>(level.nested.emplace(key, flat(std::move(value))));
        std::string why = "Multiple values for one key: \"" + encoded(key) + "\"";
        if (key.find('[') != std::string::npos) why += encoded_bracket;
        invalidate(level.nested[key], std::move(why));
      },
      [&]() { return become(level, query_level::form::nested) ? &level.nested[key] : nullptr; });
}

AUDITOR_DECL void query_parser::add_indexed(std::size_t index, query_level& level) {
  add(
      level, true,
      [&](std::string value) {
        if (!become(level, query_level::form::ordered))
          return invalidate(level, "Attempted to insert seq value into non-seq structure");
        if (level.ordered.find(index) == level.ordered.end())
          return static_cast<void>(level.ordered.emplace(index, flat(std::move(value))));
        invalidate(level.ordered[index], "Multiple values for one key");
      },
      [&]() { return become(level, query_level::form::ordered) ? &level.ordered[index] : nullptr; });
}

AUDITOR_DECL void query_parser::add_unnamed(query_level& level) {
  const char c = peek();
  if (c != '=' && c != '&' && c != end_of_text) refuse("non-indexed sequence of structs not supported");
  if (c == '=') take();
  std::string value = c == '=' ? collect_value() : std::string();
  ++depth_;
  if (!become(level, query_level::form::sequence))
    return invalidate(level, "Attempted to insert seq value into non-seq structure");
  level.sequence.push_back(flat(std::move(value)));
}

AUDITOR_DECL std::string query_parser::encoded(const std::string& key) {
  if (key.find('[') == std::string::npos) return key;
  std::string out;
  for (const char c : key) {
    const bool letter = (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z');
    if (letter || std::string_view("*-._").find(c) != std::string_view::npos) {
      out += c;
    } else if (c == ' ') {
      out += '+';
    } else {
      constexpr char digits[] = "0123456789ABCDEF";
      const auto byte = static_cast<unsigned char>(c);
      out += {'%', digits[byte >> 4], digits[byte & 15]};
    }
  }
  return out;
}

}  // namespace detail::sandboxed
}  // namespace AUDITOR_ABI
}  // namespace auditor
