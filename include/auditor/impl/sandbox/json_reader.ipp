// Bodies of sandbox/json_reader.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/sandbox/json_reader.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail::sandboxed {

AUDITOR_DECL std::string complaint::text(std::string_view body) const {
  const std::string_view before = body.substr(0, place);
  const std::size_t line_end = before.rfind('\n');
  const std::size_t column = line_end == std::string_view::npos ? place : place - line_end - 1;
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  return words + " at line " + std::to_string(line) + " column " + std::to_string(column);
}

AUDITOR_DECL bool json_reader::has_element(bool first) {
  if (at_end()) ahead("EOF while parsing a list");
  if (peek() == ']') return false;
  if (first) return true;
  if (peek() != ',') ahead("expected `,` or `]`");
  ++i_;
  if (at_end()) ahead("EOF while parsing a value");
  if (peek() == ']') ahead("trailing comma");
  return true;
}

AUDITOR_DECL void json_reader::read_colon() {
  if (at_end()) ahead("EOF while parsing an object");
  if (peek() != ':') ahead("expected `:`");
  ++i_;
}

AUDITOR_DECL std::string json_reader::read_string(std::string_view expected) {
  if (look_for_value() != '"') refuse_type(expected);
  return read_characters();
}

AUDITOR_DECL number json_reader::read_number(std::string_view expected) {
  const char next = look_for_value();
  if (next != '-' && !is_digit(next)) refuse_type(expected);
  return read_digits();
}

AUDITOR_DECL bool json_reader::skip_null() {
  if (at_end() || peek() != 'n') return false;
  read_word("null");
  return true;
}

AUDITOR_DECL void json_reader::skip_value() {
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

AUDITOR_DECL void json_reader::read_end() {
  if (!at_end()) ahead("trailing characters");
}

AUDITOR_DECL void json_reader::here(std::string words) const {
  throw complaint{std::move(words), (std::min)(i_, body_.size())};
}

AUDITOR_DECL void json_reader::ahead(std::string words) const {
  throw complaint{std::move(words), (std::min)(i_ + 1, body_.size())};
}

AUDITOR_DECL bool json_reader::at_end() noexcept {
  while (i_ < body_.size() && (body_[i_] == ' ' || body_[i_] == '\n' || body_[i_] == '\t' || body_[i_] == '\r')) ++i_;
  return i_ == body_.size();
}

AUDITOR_DECL char json_reader::look_for_value() {
  if (at_end()) ahead("EOF while parsing a value");
  return peek();
}

AUDITOR_DECL void json_reader::read_word(std::string_view word) {
  for (const char expected : word) {
    if (i_ == body_.size()) here("EOF while parsing a value");
    if (body_[i_++] != expected) here("expected ident");
  }
}

AUDITOR_DECL number json_reader::read_digits() {
  number_reader reader(body_, i_);
  const auto n = reader.read();
  i_ = reader.place();
  if (!n) here(std::string(reader.problem()));
  return *n;
}

AUDITOR_DECL std::string json_reader::read_characters() {
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

AUDITOR_DECL bool json_reader::is_plain(char c) noexcept {
  return static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\';
}

AUDITOR_DECL void json_reader::read_escape(std::string& text) {
  constexpr std::string_view names = "\"\\/bfnrt", meanings = "\"\\/\b\f\n\r\t";
  if (i_ == body_.size()) here("EOF while parsing a string");
  const char escaped = body_[i_++];
  if (escaped == 'u') return write_utf8(text, read_unicode_escape());
  const std::size_t which = names.find(escaped);
  if (which == std::string_view::npos) here("invalid escape");
  text += meanings[which];
}

AUDITOR_DECL std::uint32_t json_reader::read_unicode_escape() {
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

AUDITOR_DECL std::uint32_t json_reader::read_hex() {
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

AUDITOR_DECL void json_reader::write_utf8(std::string& text, std::uint32_t c) {
  if (c < 0x80) {
    text += static_cast<char>(c);
    return;
  }
  const int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
  text += static_cast<char>((0xFF00u >> (more + 1)) | (c >> (6 * more)));
  for (int k = more - 1; k >= 0; --k) text += static_cast<char>(0x80 | ((c >> (6 * k)) & 0x3F));
}

AUDITOR_DECL void json_reader::skip_scalar(char first) {
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

AUDITOR_DECL bool json_reader::skip_to_next(char bracket, bool first) {
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

AUDITOR_DECL void json_reader::skip_characters() {
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

AUDITOR_DECL void json_reader::skip_number() {
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

AUDITOR_DECL void json_reader::skip_digits() noexcept {
  while (is_digit(peek())) ++i_;
}

AUDITOR_DECL void json_reader::refuse_type(std::string_view expected) {
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

}  // namespace detail::sandboxed
}  // namespace AUDITOR_ABI
}  // namespace auditor
