// Reads JSON as the server's library does: in one pass, with its words and places for what is wrong. Sandbox alone.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/sandbox/bodies.hpp>
#include <auditor/sandbox/numbers.hpp>
#include <auditor/sandbox/quoting.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

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
  std::string text(std::string_view body) const;
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
  bool has_element(bool first);
  void read_colon();
  std::string read_string(std::string_view expected);
  number read_number(std::string_view expected);

  /// Reads over a `null`; false, and nothing is read, when something else comes.
  bool skip_null();

  /// Reads over a value that the server has no use for, less carefully than over others: any number and any bytes in a
  /// string will do, and all depths.
  void skip_value();
  void read_end();

  /// The server's parser reports the place behind what it read, or, having only looked ahead, one further.
  [[noreturn]] void here(std::string words) const;
  [[noreturn]] void ahead(std::string words) const;

 private:
  static bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
  char peek() const noexcept { return i_ < body_.size() ? body_[i_] : '\0'; }
  bool at_end() noexcept;
  char look_for_value();

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

  void read_word(std::string_view word);
  number read_digits();

  // What is in quotation marks, with escapes resolved.
  std::string read_characters();
  static bool is_plain(char c) noexcept;
  void read_escape(std::string& text);
  std::uint32_t read_unicode_escape();
  std::uint32_t read_hex();
  static void write_utf8(std::string& text, std::uint32_t c);

  // ---- what is only read over

  void skip_scalar(char first);

  // True at the next value inside the bracket, false behind its end.
  bool skip_to_next(char bracket, bool first);
  void skip_characters();
  void skip_number();
  void skip_digits() noexcept;
  [[noreturn]] void refuse_type(std::string_view expected);

  std::string_view body_;
  std::size_t i_ = 0;
};

}  // namespace detail::sandboxed
}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_SANDBOX_BODIES
#include <auditor/impl/sandbox/json_reader.ipp>
#endif
