// A request body parsed by nlohmann/json into a tree that knows where each value stood. Sandbox alone.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/config.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail::sandboxed {

/// Why the server refuses a body. Its JSON library fills in the place of a complaint that has none when the innermost
/// value around it ends: see `placed_after`.
struct complaint {
  std::string words;
  std::size_t place = 0;
  bool placed = true;

  /// ` at line L column C`, as appended to every complaint: the column counts the bytes of the line before the place.
  std::string text(std::string_view body) const {
    const std::string_view before = body.substr(0, place);
    const std::size_t line_end = before.rfind('\n');
    const std::size_t column = line_end == std::string_view::npos ? place : place - line_end - 1;
    const auto line = 1 + std::count(before.begin(), before.end(), '\n');
    return words + " at line " + std::to_string(line) + " column " + std::to_string(column);
  }
};

inline bool is_json_space(char c) noexcept { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }
inline std::size_t skip_json_space(std::string_view body, std::size_t i) noexcept {
  while (i < body.size() && is_json_space(body[i])) ++i;
  return i;
}

/// One value and where it stood: [begin, end) of the body. Values are kept in one array; children by index.
struct json_value {
  enum class form { null, boolean, number, string, array, object } kind = form::null;
  std::size_t begin = 0;
  std::size_t end = 0;
  bool truth = false;
  std::string text;          ///< of a string: its characters; of a number: its token
  std::string name;          ///< of a member of an object
  std::size_t name_end = 0;  ///< behind the name's closing quote
  std::vector<std::size_t> children;
  bool closed = true;  ///< false: the JSON broke inside
};

/// What stood next when the JSON broke: enough to find the server's words.
enum class awaited { value, first_element, next_element, first_member, next_member, colon, nothing };

/// Says what is wrong with the JSON behind `i`, in the words and at the place of the server's parser.
class syntax_critic {
 public:
  /// `ignored`: inside a member that the server does not know. It reads over that less carefully.
  syntax_critic(std::string_view body, std::size_t i, bool ignored) : body_(body), i_(i), ignored_(ignored) {}

  complaint judge(awaited next) {
    i_ = skip_json_space(body_, i_);
    const bool at_end = i_ >= body_.size();
    const char c = at_end ? '\0' : body_[i_];
    switch (next) {
      case awaited::nothing: return ahead("trailing characters");
      case awaited::value: return judge_value();
      case awaited::first_element: return at_end ? ahead("EOF while parsing a list") : judge_value();
      case awaited::next_element:
        if (at_end) return ahead("EOF while parsing a list");
        if (c != ',') return ahead("expected `,` or `]`");
        i_ = skip_json_space(body_, i_ + 1);
        return !ignored_ && i_ < body_.size() && body_[i_] == ']' ? ahead("trailing comma") : judge_value();
      case awaited::first_member:
        if (at_end) return ahead("EOF while parsing an object");
        return c == '"' ? judge_string() : ahead("key must be a string");
      case awaited::next_member:
        if (at_end) return ahead("EOF while parsing an object");
        if (c != ',') return ahead("expected `,` or `}`");
        i_ = skip_json_space(body_, i_ + 1);
        if (i_ >= body_.size()) return ahead(ignored_ ? "EOF while parsing an object" : "EOF while parsing a value");
        if (body_[i_] == '"') return judge_string();
        return ahead(!ignored_ && body_[i_] == '}' ? "trailing comma" : "key must be a string");
      case awaited::colon:
        if (at_end) return ahead("EOF while parsing an object");
        if (c != ':') return ahead("expected `:`");
        ++i_;
        return judge_value();
    }
    return here("expected value");
  }

 private:
  // The server's parser reports the place behind what it read, or, having only looked ahead, one further.
  complaint here(std::string words) const { return {std::move(words), (std::min)(i_, body_.size())}; }
  complaint ahead(std::string words) const { return {std::move(words), (std::min)(i_ + 1, body_.size())}; }
  bool digit() const noexcept { return i_ < body_.size() && body_[i_] >= '0' && body_[i_] <= '9'; }

  complaint judge_value() {
    i_ = skip_json_space(body_, i_);
    if (i_ >= body_.size()) return ahead("EOF while parsing a value");
    switch (body_[i_]) {
      case 'n': return judge_word("null");
      case 't': return judge_word("true");
      case 'f': return judge_word("false");
      case '"': return judge_string();
      case '-': return judge_number();
      default: return digit() ? judge_number() : ahead("expected value");
    }
  }

  complaint judge_word(std::string_view word) {
    for (const char expected : word) {
      if (i_ >= body_.size()) return here("EOF while parsing a value");
      if (body_[i_++] != expected) return here("expected ident");
    }
    return here("expected value");
  }

  complaint judge_number() {
    if (body_[i_] == '-') ++i_;
    if (i_ >= body_.size()) return here("EOF while parsing a value");
    if (!digit()) return ++i_, here("invalid number");
    if (body_[i_++] == '0' && digit()) return ahead("invalid number");
    while (digit()) ++i_;
    if (i_ < body_.size() && body_[i_] == '.') {
      ++i_;
      if (!digit()) return ahead(i_ < body_.size() ? "invalid number" : "EOF while parsing a value");
      while (digit()) ++i_;
    }
    if (i_ < body_.size() && (body_[i_] | 32) == 'e') {
      ++i_;
      if (i_ < body_.size() && (body_[i_] == '+' || body_[i_] == '-')) ++i_;
      if (i_ >= body_.size()) return here("EOF while parsing a value");
      if (!digit()) return ++i_, here("invalid number");
      while (digit()) ++i_;
    }
    return here("number out of range");
  }

  complaint judge_string() {
    for (++i_; i_ < body_.size() && body_[i_] != '"';) {
      const auto c = static_cast<unsigned char>(body_[i_++]);
      if (c < 0x20) return i_ -= ignored_ ? 1 : 0, here("control character (\\u0000-\\u001F) found while parsing a string");
      if (c != '\\') continue;
      if (i_ >= body_.size()) break;
      const char escaped = body_[i_++];
      if (escaped != 'u') {
        if (std::string_view("\"\\/bfnrt").find(escaped) == std::string_view::npos) return here("invalid escape");
        continue;
      }
      if (auto bad = judge_unicode_escape()) return *bad;
    }
    if (i_ >= body_.size()) return here("EOF while parsing a string");
    ++i_;
    return here("invalid unicode code point");
  }

  std::optional<complaint> judge_unicode_escape() {
    std::uint32_t unit = 0;
    if (auto bad = read_hex(unit)) return bad;
    if (unit >= 0xDC00 && unit <= 0xDFFF) return here("lone leading surrogate in hex escape");
    if (unit < 0xD800 || unit > 0xDBFF) return std::nullopt;
    for (const char expected : {'\\', 'u'}) {
      if (i_ >= body_.size()) return here("EOF while parsing a string");
      if (body_[i_++] != expected) return here("unexpected end of hex escape");
    }
    if (auto bad = read_hex(unit)) return bad;
    if (unit < 0xDC00 || unit > 0xDFFF) return here("lone leading surrogate in hex escape");
    return std::nullopt;
  }

  std::optional<complaint> read_hex(std::uint32_t& unit) {
    if (body_.size() - i_ < 4) {
      i_ = body_.size();
      return here("EOF while parsing a string");
    }
    unit = 0;
    const std::string_view digits = body_.substr(i_, 4);
    i_ += 4;
    for (const char c : digits) {
      const auto lower = static_cast<unsigned char>(c | 32);
      if (c >= '0' && c <= '9')
        unit = unit * 16 + static_cast<std::uint32_t>(c - '0');
      else if (lower >= 'a' && lower <= 'f')
        unit = unit * 16 + lower - 'a' + 10;
      else
        return here("invalid escape");
    }
    return std::nullopt;
  }

  std::string_view body_;
  std::size_t i_;
  bool ignored_;
};

/// The body as far as it is JSON; everything before the place where it breaks is in the tree.
class json_tree {
 public:
  explicit json_tree(std::string_view body) : body_(body) {
    // nlohmann/json skips a byte order mark and takes a zero byte for the end; the server does neither.
    if (body.starts_with("\xEF\xBB\xBF")) return;
    listener events{*this};
    const counter begin{body.data(), &consumed_, body.data()}, end{body.data() + body.size(), &consumed_, body.data()};
    complete_ = nlohmann::json::sax_parse(begin, end, &events) && skip_json_space(body, behind_) == body.size();
  }

  bool is_complete() const noexcept { return complete_; }

  /// Why the body is not JSON. `ignored`: it breaks inside a member that the server does not know.
  complaint why(bool ignored = false) const { return syntax_critic(body_, behind_, ignored).judge(next()); }

  const json_value* root() const noexcept { return values_.empty() ? nullptr : &values_[0]; }
  const json_value& operator[](std::size_t i) const noexcept { return values_[i]; }
  std::string_view body() const noexcept { return body_; }

  /// The name of the member of this object whose value was no JSON; its `name_end` is 0 when there is none.
  json_value broken_member(const json_value& object) const {
    json_value member;
    if (object.closed || (!object.children.empty() && !values_[object.children.back()].closed)) return member;
    member.name = name_;
    member.name_end = name_end_;
    return member;
  }

 private:
  // Counts the bytes that nlohmann/json has taken: an event comes right behind the last byte of its token, and one
  // further behind a number.
  struct counter {
    using iterator_category = std::input_iterator_tag;
    using value_type = char;
    using difference_type = std::ptrdiff_t;
    using pointer = const char*;
    using reference = const char&;

    const char* at;
    std::size_t* consumed;
    const char* begin;

    reference operator*() const noexcept { return *at; }
    counter& operator++() noexcept {
      ++at;
      *consumed = static_cast<std::size_t>(at - begin);
      return *this;
    }
    counter operator++(int) noexcept {
      counter old = *this;
      ++*this;
      return old;
    }
    friend bool operator==(const counter& a, const counter& b) noexcept { return a.at == b.at; }
    friend bool operator!=(const counter& a, const counter& b) noexcept { return a.at != b.at; }
  };

  struct listener {
    json_tree& tree;

    bool null() { return tree.add_word(json_value::form::null, false, 4); }
    bool boolean(bool value) { return tree.add_word(json_value::form::boolean, value, value ? 4 : 5); }
    bool number_integer(std::int64_t) { return tree.add_number(); }
    bool number_unsigned(std::uint64_t) { return tree.add_number(); }
    bool number_float(double, const std::string&) { return tree.add_number(); }
    bool string(std::string& text) {
      json_value& value = tree.add(json_value::form::string, tree.consumed_, tree.consumed_);
      value.text = std::move(text);
      return true;
    }
    bool binary(std::vector<std::uint8_t>&) { return false; }
    bool start_object(std::size_t) { return tree.open(json_value::form::object); }
    bool end_object() { return tree.close(); }
    bool start_array(std::size_t) { return tree.open(json_value::form::array); }
    bool end_array() { return tree.close(); }
    bool key(std::string& name) {
      tree.name_ = std::move(name);
      tree.name_end_ = tree.behind_ = tree.consumed_;
      return true;
    }
    bool parse_error(std::size_t, const std::string&, const nlohmann::json::exception&) { return false; }
  };

  json_value& add(json_value::form kind, std::size_t begin, std::size_t end) {
    const std::size_t index = values_.size();
    json_value value;
    value.kind = kind;
    value.begin = begin;
    value.end = end;
    value.name_end = std::exchange(name_end_, 0);
    value.name = std::exchange(name_, {});
    if (!open_.empty()) values_[open_.back()].children.push_back(index);
    values_.push_back(std::move(value));
    behind_ = end;
    return values_.back();
  }
  bool add_word(json_value::form kind, bool truth, std::size_t size) {
    add(kind, consumed_ - size, consumed_).truth = truth;
    return true;
  }
  bool add_number() {
    const auto is_part = [](char c) {
      return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || (c | 32) == 'e';
    };
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    const std::size_t end = is_digit(body_[consumed_ - 1]) ? consumed_ : consumed_ - 1;
    std::size_t begin = end;
    while (begin > 0 && is_part(body_[begin - 1])) --begin;
    const std::string_view token = body_.substr(begin, end - begin);
    const std::size_t zero = token[0] == '-' ? 1 : 0;
    if (token[zero] == '0' && zero + 1 < token.size() && is_digit(token[zero + 1])) return false;  // 01 looks like 0 and 1
    add(json_value::form::number, begin, end).text = token;
    return true;
  }
  bool open(json_value::form kind) {
    const std::size_t index = values_.size();
    add(kind, consumed_ - 1, consumed_).closed = false;
    open_.push_back(index);
    return true;
  }
  bool close() {
    json_value& value = values_[open_.back()];
    value.end = behind_ = consumed_;
    value.closed = true;
    open_.pop_back();
    return true;
  }
  awaited next() const noexcept {
    if (open_.empty()) return values_.empty() ? awaited::value : awaited::nothing;
    if (name_end_ != 0) return awaited::colon;
    const json_value& around = values_[open_.back()];
    const bool first = around.children.empty();
    if (around.kind == json_value::form::array) return first ? awaited::first_element : awaited::next_element;
    return first ? awaited::first_member : awaited::next_member;
  }

  std::string_view body_;
  std::size_t consumed_ = 0;
  std::size_t behind_ = 0;  // the last token that was understood
  std::vector<json_value> values_;
  std::vector<std::size_t> open_;
  std::string name_;
  std::size_t name_end_ = 0;
  bool complete_ = false;
};

}  // namespace detail::sandboxed
}  // namespace AUDITOR_ABI
}  // namespace auditor
