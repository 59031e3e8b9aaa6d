// Reads JSON as the server's library does: in one pass, with its words and places for what is wrong. Sandbox alone.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/sandbox/numbers.hpp>
#include <auditor/sandbox/quoting.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail::sandboxed {

/// Why the server refuses a body. A complaint about a value, not about the JSON, has no place at first: it gets that of
/// the end of the innermost list or object around it.
struct complaint {
  static constexpr std::size_t unplaced = static_cast<std::size_t>(-1);

  std::string words;
  std::size_t place = unplaced;

  /// ` at line L column C`, as appended to every complaint: the column counts the bytes of the line before the place.
  std::string text(std::string_view body) const {
    const std::string_view before = body.substr(0, place);
    const std::size_t line_end = before.rfind('\n');
    const std::size_t column = line_end == std::string_view::npos ? place : place - line_end - 1;
    const auto line = 1 + std::count(before.begin(), before.end(), '\n');
    return words + " at line " + std::to_string(line) + " column " + std::to_string(column);
  }
};

/// Pulls values out of a body. Every function throws a `complaint` when the body has something else there.
class json_reader {
 public:
  explicit json_reader(std::string_view body) noexcept : body_(body) {}

  /// `element` reads one, for each of a list. The server calls what it wants `expected`.
  template <class Element>
  void read_list(std::string_view expected, const Element& element) {
    if (look_for_value() != '[') refuse_type(expected);
    inside(']', [&] {
      for (bool first = true; has_element(first); first = false) element();
    });
  }

  /// `member` reads the value of a member, whose name it gets.
  template <class Member>
  void read_object(std::string_view expected, const Member& member) {
    if (look_for_value() != '{') refuse_type(expected);
    inside('}', [&] { read_members(member); });
  }

  /// A structure comes as an object, behind whose members `missing` looks for those that are not there; or, though nobody
  /// does it, as an array: then `elements` reads what is inside.
  template <class Member, class Elements, class Missing>
  void read_struct(std::string_view expected, const Member& member, const Missing& missing, const Elements& elements) {
    const char next = look_for_value();
    if (next != '{' && next != '[') refuse_type(expected);
    if (next == '[') return inside(']', elements);
    inside('}', [&] {
      read_members(member);
      missing();
    });
  }

  /// Goes to the next element of a list; false when there is none.
  bool has_element(bool first) {
    if (at_end()) ahead("EOF while parsing a list");
    if (peek() == ']') return false;
    if (first) return true;
    if (peek() != ',') ahead("expected `,` or `]`");
    ++i_;
    if (at_end()) ahead("EOF while parsing a value");
    if (peek() == ']') ahead("trailing comma");
    return true;
  }

  void read_colon() {
    if (at_end()) ahead("EOF while parsing an object");
    if (peek() != ':') ahead("expected `:`");
    ++i_;
  }

  std::string read_string(std::string_view expected) {
    if (look_for_value() != '"') refuse_type(expected);
    return read_characters();
  }

  number read_number(std::string_view expected) {
    const char next = look_for_value();
    if (next != '-' && !is_digit(next)) refuse_type(expected);
    return read_digits();
  }

  /// Reads over a `null`; false, and nothing is read, when something else comes.
  bool skip_null() {
    if (at_end() || peek() != 'n') return false;
    read_word("null");
    return true;
  }

  /// Reads over a value that the server has no use for, less carefully than over others: any number and any bytes in a
  /// string will do, and all depths.
  void skip_value() {
    std::string around;  // the brackets that are open
    do {
      const char next = look_for_value();
      bool first = next == '[' || next == '{';
      if (first) {
        around += next;
        ++i_;
      } else {
        skip_scalar(next);
      }
      for (; !around.empty() && !skip_to_next(around.back(), first); first = false) around.pop_back();
    } while (!around.empty());
  }

  void read_end() {
    if (!at_end()) ahead("trailing characters");
  }

  /// The server's parser reports the place behind what it read, or, having only looked ahead, one further.
  [[noreturn]] void here(std::string words) const { throw complaint{std::move(words), (std::min)(i_, body_.size())}; }
  [[noreturn]] void ahead(std::string words) const { throw complaint{std::move(words), (std::min)(i_ + 1, body_.size())}; }

 private:
  static bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
  char peek() const noexcept { return i_ < body_.size() ? body_[i_] : '\0'; }
  bool at_end() noexcept {
    while (i_ < body_.size() && (body_[i_] == ' ' || body_[i_] == '\n' || body_[i_] == '\t' || body_[i_] == '\r')) ++i_;
    return i_ == body_.size();
  }
  char look_for_value() {
    if (at_end()) ahead("EOF while parsing a value");
    return peek();
  }

  // After a complaint about a value the server still looks for the end of what is around it, and says how far that got.
  template <class Body>
  void inside(char end, const Body& body) {
    ++i_;
    try {
      body();
    } catch (complaint& c) {
      if (c.place != complaint::unplaced) throw;
      if (!at_end() && peek() == end) {
        ++i_;
      } else if (end == ']' && peek() == ',') {
        ++i_;
        at_end();
      }
      c.place = i_;
      throw;
    }
    if (at_end()) ahead(end == ']' ? "EOF while parsing a list" : "EOF while parsing an object");
    if (peek() == end) {
      ++i_;
      return;
    }
    // Only an array in the place of a structure can have more than was read.
    if (peek() != ',') ahead("trailing characters");
    ++i_;
    ahead(!at_end() && peek() == ']' ? "trailing comma" : "trailing characters");
  }

  template <class Member>
  void read_members(const Member& member) {
    for (bool first = true;; first = false) {
      if (at_end()) ahead("EOF while parsing an object");
      if (peek() == '}') return;
      if (!first) {
        if (peek() != ',') ahead("expected `,` or `}`");
        ++i_;
        if (at_end()) ahead("EOF while parsing a value");
        if (peek() == '}') ahead("trailing comma");
      }
      if (peek() != '"') ahead("key must be a string");
      member(read_characters());
    }
  }

  void read_word(std::string_view word) {
    for (const char expected : word) {
      if (i_ == body_.size()) here("EOF while parsing a value");
      if (body_[i_++] != expected) here("expected ident");
    }
  }

  number read_digits() {
    number_reader reader(body_, i_);
    const auto n = reader.read();
    i_ = reader.place();
    if (!n) here(std::string(reader.problem()));
    return *n;
  }

  // What is in quotation marks, with escapes resolved.
  std::string read_characters() {
    std::string text;
    for (++i_;;) {
      const std::size_t start = i_;
      while (i_ < body_.size() && is_plain(body_[i_])) ++i_;
      text.append(body_, start, i_ - start);
      if (i_ == body_.size()) here("EOF while parsing a string");
      const char c = body_[i_++];
      if (c == '"') break;
      if (c != '\\') here("control character (\\u0000-\\u001F) found while parsing a string");
      read_escape(text);
    }
    if (valid_utf8(text) != text.size()) here("invalid unicode code point");
    return text;
  }
  static bool is_plain(char c) noexcept { return static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\'; }

  void read_escape(std::string& text) {
    constexpr std::string_view names = "\"\\/bfnrt", meanings = "\"\\/\b\f\n\r\t";
    if (i_ == body_.size()) here("EOF while parsing a string");
    const char escaped = body_[i_++];
    if (escaped == 'u') return write_utf8(text, read_unicode_escape());
    const std::size_t which = names.find(escaped);
    if (which == std::string_view::npos) here("invalid escape");
    text += meanings[which];
  }

  std::uint32_t read_unicode_escape() {
    const std::uint32_t unit = read_hex();
    if (unit >= 0xDC00 && unit <= 0xDFFF) here("lone leading surrogate in hex escape");
    if (unit < 0xD800 || unit > 0xDBFF) return unit;
    for (const char expected : {'\\', 'u'}) {
      if (i_ == body_.size()) here("EOF while parsing a string");
      if (body_[i_++] != expected) here("unexpected end of hex escape");
    }
    const std::uint32_t second = read_hex();
    if (second < 0xDC00 || second > 0xDFFF) here("lone leading surrogate in hex escape");
    return 0x10000 + ((unit - 0xD800) << 10) + (second - 0xDC00);
  }

  std::uint32_t read_hex() {
    if (body_.size() - i_ < 4) {
      i_ = body_.size();
      here("EOF while parsing a string");
    }
    std::uint32_t unit = 0;
    const std::string_view digits = body_.substr(i_, 4);
    i_ += 4;
    for (const char c : digits) {
      const char lower = static_cast<char>(c | 32);
      if (is_digit(c))
        unit = unit * 16 + static_cast<std::uint32_t>(c - '0');
      else if (lower >= 'a' && lower <= 'f')
        unit = unit * 16 + static_cast<std::uint32_t>(lower - 'a' + 10);
      else
        here("invalid escape");
    }
    return unit;
  }

  static void write_utf8(std::string& text, std::uint32_t c) {
    if (c < 0x80) {
      text += static_cast<char>(c);
      return;
    }
    const int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    text += static_cast<char>((0xFF00u >> (more + 1)) | (c >> (6 * more)));
    for (int k = more - 1; k >= 0; --k) text += static_cast<char>(0x80 | ((c >> (6 * k)) & 0x3F));
  }

  // ---- what is only read over

  void skip_scalar(char first) {
    switch (first) {
      case 'n': return read_word("null");
      case 't': return read_word("true");
      case 'f': return read_word("false");
      case '"': return skip_characters();
      default:
        if (first != '-' && !is_digit(first)) ahead("expected value");
        skip_number();
    }
  }

  // True at the next value inside the bracket, false behind its end.
  bool skip_to_next(char bracket, bool first) {
    const bool object = bracket == '{';
    if (at_end()) ahead(object ? "EOF while parsing an object" : "EOF while parsing a list");
    if (peek() == (object ? '}' : ']')) return ++i_, false;
    if (!first) {
      if (peek() != ',') ahead(object ? "expected `,` or `}`" : "expected `,` or `]`");
      ++i_;
    }
    if (object) {
      if (at_end()) ahead("EOF while parsing an object");
      if (peek() != '"') ahead("key must be a string");
      skip_characters();
      read_colon();
    }
    return true;
  }

  void skip_characters() {
    for (++i_;;) {
      while (i_ < body_.size() && is_plain(body_[i_])) ++i_;
      if (i_ == body_.size()) here("EOF while parsing a string");
      if (body_[i_] != '"' && body_[i_] != '\\') here("control character (\\u0000-\\u001F) found while parsing a string");
      if (body_[i_++] == '"') return;
      if (i_ == body_.size()) here("EOF while parsing a string");
      const char escaped = body_[i_++];
      if (escaped == 'u')
        read_hex();
      else if (std::string_view("\"\\/bfnrt").find(escaped) == std::string_view::npos)
        here("invalid escape");
    }
  }

  void skip_number() {
    if (peek() == '-') ++i_;
    const char first = peek();
    if (i_ < body_.size()) ++i_;
    if (!is_digit(first)) here("invalid number");
    if (first == '0' && is_digit(peek())) ahead("invalid number");
    skip_digits();
    if (peek() == '.') {
      ++i_;
      if (!is_digit(peek())) ahead("invalid number");
      skip_digits();
    }
    if ((peek() | 32) == 'e') {
      ++i_;
      if (peek() == '+' || peek() == '-') ++i_;
      const bool good = is_digit(peek());
      if (i_ < body_.size()) ++i_;
      if (!good) here("invalid number");
      skip_digits();
    }
  }
  void skip_digits() noexcept {
    while (is_digit(peek())) ++i_;
  }

  [[noreturn]] void refuse_type(std::string_view expected) {
    const auto refuse = [&](std::string what) {
      here("invalid type: " + std::move(what) + ", expected " + std::string(expected));
    };
    switch (const char next = peek()) {
      case 'n':
        read_word("null");
        refuse("null");
        break;
      case 't':
        read_word("true");
        refuse("boolean `true`");
        break;
      case 'f':
        read_word("false");
        refuse("boolean `false`");
        break;
      case '"': refuse("string " + print_quoted(read_characters())); break;
      case '[': refuse("sequence"); break;
      case '{': refuse("map"); break;
      default:
        if (next != '-' && !is_digit(next)) break;
        const number n = read_digits();
        refuse(print_type(n));
    }
    ahead("expected value");
  }

  std::string_view body_;
  std::size_t i_ = 0;
};

}  // namespace detail::sandboxed
}  // namespace AUDITOR_ABI
}  // namespace auditor
