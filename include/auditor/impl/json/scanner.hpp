// The tokens of strict JSON: white space, strings, literals, whole values to skip. Reads a text that may end anywhere.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/error.hpp>
#include <auditor/base/timestamp.hpp>
#include <auditor/base/utf8.hpp>
#include <auditor/impl/json/decimal.hpp>
#include <auditor/impl/json/word.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

/// How deep arrays and objects may be nested, those of the record itself included.
inline constexpr unsigned json_depth_limit = 32;

// What lies between the quotes of a string: checked, with its escapes still in place.
struct json_string {
  const char* data = nullptr;
  std::size_t size = 0;
  bool escaped = false;

  std::string_view raw() const noexcept { return {data, size}; }
};

// A string, a number or a word, which `read_scalar` takes: of the first it sets `text`, of the second `number`.
struct scalar {
  const char* at = nullptr;
  const char* behind = nullptr;
  json_string text{};
  decimal number{};

  std::string_view raw() const noexcept { return {at, static_cast<std::size_t>(behind - at)}; }
};

// The lists of a record.
enum json_list : unsigned { of_components, of_scores, of_values };

// What is wrong, where, and in which field. Incomplete means that what is there may be right, but the text ends.
struct json_fault {
  errc code = errc::ok;
  bool incomplete = false;
  const char* at = nullptr;
  const char* rule = nullptr;
  const char* field = nullptr;  // the member; for `meta` the name and the number of its value follow
  std::string_view meta_name{};
  std::size_t at_element[3] = {};  // of each `json_list` the element that it is in, from 1 on; 0: none
};

// Nearly always true. A compiler that is not told so takes what stands behind some dozens of questions for code that hardly ever runs, and
// makes it small instead of fast.
[[gnu::always_inline]] inline bool usually(bool is_so) noexcept {
  return __builtin_expect_with_probability(is_so, true, 0.999) != 0;
}

constexpr bool is_json_space(char c) noexcept { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

// More than 15: none.
constexpr std::uint32_t hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return static_cast<std::uint32_t>(c - '0');
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? static_cast<std::uint32_t>(lower - 'a') + 10 : 16;
}

// The bytes of the UTF-8 sequence that begins a text; more than there are: it is cut by the end. 0: there is none.
inline std::size_t utf8_sequence_begun(const char* p, const char* end) noexcept {
  if (!compact && end - p >= 4) return utf8_length(load_part(p, 4));
  // What is missing becomes what may be there; 0x80 is not behind E0 and F0.
  char whole[4] = {*p, (*p & 0x0F) == 0 ? '\xA0' : '\x80', '\x80', '\x80'};
  std::memcpy(whole, p, (std::min)(sizeof whole, static_cast<std::size_t>(end - p)));
  return utf8_sequence_length({whole, sizeof whole}, 0);
}

// The character that an escape stands for, from its backslash; returns what is behind it. Or it gives the rule that is broken there: at
// the end of the text the rest of an escape may still come.
inline const char* read_escape(const char* p, const char* const end, char32_t& to, const char*& broken) noexcept {
  static constexpr char letters[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
  const char* const start = p;
  to = 0;
  for (char32_t first_half = 0;;) {
    for (int i = 0; i < 2; ++i) {
      if (p == end) {
        broken = "expected an escape";
        return p;
      }
      const char c = *p++;
      if (c == (i == 0 ? '\\' : 'u')) continue;
      if (first_half != 0) {
        broken = "half of a surrogate pair";
        return start;
      }
      std::size_t letter = 0;
      while (letters[letter] != c && letters[letter] != '\0') ++letter;
      to = static_cast<unsigned char>(meanings[letter]);
      if (to == 0) broken = "unknown escape";
      return to == 0 ? start : p;
    }
    char32_t unit = 0;
    for (int i = 0; i < 4; ++i, ++p) {
      const std::uint32_t digit = p == end ? 16 : hex_digit(*p);
      if (digit > 15) {
        broken = "expected four hexadecimal digits";
        return p;
      }
      unit = unit * 16 + digit;
    }
    if (first_half != 0) {
      to = 0x10000 + ((first_half - 0xD800) << 10) + (unit - 0xDC00);
      if (unit >= 0xDC00 && unit <= 0xDFFF) return p;
      broken = "half of a surrogate pair";
      return start;
    }
    to = first_half = unit;
    if (unit < 0xD800 || unit > 0xDFFF) return p;
    if (unit >= 0xDC00) {
      broken = "half of a surrogate pair";
      return start;
    }
  }
}

// Writes the characters that a checked string stands for, which are never more than its raw ones; returns their end.
[[gnu::noinline]] inline char* unescape(json_string from, char* to) noexcept {
  const char* const end = from.data + from.size;
  for (const char* p = from.data; p != end;) {
    if (*p != '\\') {
      *to++ = *p++;
      continue;
    }
    char32_t c = 0;
    const char* broken = nullptr;
    p = read_escape(p, end, c, broken);
    to += append_utf8(c, to);
  }
  return to;
}

// What is compared at once; a quote at its beginning is the end of a string.
struct json_tokens {
  static constexpr std::size_t longest = 16;

  char text[longest + 16] = {};  // 16 characters can be loaded from each on
  std::size_t size;
  unsigned gaps = 0;  // a bit for each character that white space may be before, and for what follows the last one
  unsigned char runs[longest] = {};  // how many characters it is from each on to the next gap, or to the end

  template <std::size_t N>
  consteval json_tokens(const char (&from)[N]) noexcept : size(N - 1) {
    static_assert(N - 1 <= longest);
    bool is_in_string = *from == '"';
    for (std::size_t i = 0; i <= size; ++i) {
      if (!is_in_string) gaps |= 1u << i;
      if (i == size) break;
      text[i] = from[i];
      if (from[i] == '"') is_in_string = !is_in_string;
    }
    for (std::size_t i = size; i-- != 0;)
      runs[i] = i + 1 == size || (gaps >> (i + 1) & 1) != 0 ? 1 : static_cast<unsigned char>(runs[i + 1] + 1);
  }
};

// Functions that read take where to begin and return the first character behind what they read, or null: then
// `fault()` says why. What is not inline is rare or wrong.
class json_scanner {
 public:
  explicit json_scanner(std::string_view text) noexcept
      : end_(text.data() + text.size()),
        words_end_(compact ? nullptr : end_ - (std::min)(text.size(), std::size_t{7})),
        literals_end_(compact ? nullptr : end_ - (std::min)(text.size(), longest_literal - 1)) {}

  const json_fault& fault() const noexcept { return fault_; }
  const char* end() const noexcept { return end_; }
  bool has_word(const char* p) const noexcept { return p < words_end_; }      // eight characters
  bool has_words(const char* p) const noexcept { return p < literals_end_; }  // two of them, or the longest literal

  [[gnu::always_inline]] const char* skip_space(const char* p) const noexcept {
    return compact || (p != end_ && static_cast<unsigned char>(*p) <= ' ') ? skip_spaces(p) : p;
  }

  [[gnu::always_inline]] bool is(const char* p, char c) const noexcept { return p != end_ && *p == c; }

  // Whether the text goes on with exactly this; if so, steps over it. May overlook it: close to the end of the text, and
  // always in the compact code.
  template <std::size_t N>
  [[gnu::always_inline]] bool follows(const char*& p, const char (&literal)[N]) const noexcept {
    static_assert(N - 1 <= longest_literal);
    if (compact || !usually(has_words(p)) || !usually(std::memcmp(p, literal, N - 1) == 0)) return false;
    p += N - 1;
    return true;
  }
  // The same with white space wherever it may be, and behind it: what is printed for people to read is not much slower than what is not.
  template <json_tokens Tokens>
  [[gnu::always_inline]] bool follows_spaced(const char*& p) const noexcept {
    if (compact) return false;
    if (usually(has_words(p)) && usually(std::memcmp(p, Tokens.text, Tokens.size) == 0)) {
      p += Tokens.size;
      return true;
    }
    const char* const behind = behind_spaced(p, Tokens);
    if (behind != nullptr) p = behind;
    return behind != nullptr;
  }
  [[gnu::always_inline]] bool ends_object(const char*& p) const noexcept {
    if (usually(is(p, '}'))) return true;
    p = skip_space(p);
    return is(p, '}');
  }

  // A string, from behind its opening quote; returns the closing one, which is compared with what follows. Copied into the places
  // that matter.
  [[gnu::always_inline]] const char* string(const char* p, json_string& to) noexcept {
    const char* const start = p;
    while (!compact && usually(has_words(p))) {
      const auto stops = string_block::stops(p);
      if (stops == 0) {
        p += string_block::size;
        continue;
      }
      p += string_block::first(stops);
      if (!usually(*p == '"')) break;
      to = {start, static_cast<std::size_t>(p - start), false};
      return p;
    }
    json_string rest{start, 0, false};
    p = rest_of_string(p, rest);
    to = rest;
    return p == nullptr ? p : p - 1;
  }

  // The same as a call, into a new one; returns what is behind its closing quote.
  const char* any_string(const char* p, json_string& to) noexcept {
    if constexpr (!compact) {
      p = string_as_call(p, to);
      return p == nullptr ? p : p + 1;
    }
    to.data = p;
    return rest_of_string(p, to);
  }

  // `null`, `true` or `false`; where it is none of them, the rule is broken.
  const char* keyword(const char* p, const char* rule) noexcept {
    const char* const start = p;
    for (const char* wanted = is(p, 'n') ? "null" : is(p, 't') ? "true" : "false"; *wanted != '\0'; ++wanted, ++p) {
      if (p == end_) return incomplete();
      if (*p != *wanted) return syntax(start, p == start ? rule : "unknown word");
    }
    return p;
  }
  bool begins_number(const char* p) const noexcept { return p != end_ && (*p == '-' || (*p >= '0' && *p <= '9')); }

  // How a value begins: 0 for all numbers; 1: there is nothing.
  char kind_of(const char* p) const noexcept { return p == end_ ? '\1' : begins_number(p) ? '0' : *p; }

  // Of the value that begins at `at`, and is no list and no object. Sets what is behind it.
  const char* read_scalar(scalar& value, char first) noexcept;

  [[gnu::noinline]] const char* colon(const char* p) noexcept {
    p = skip_space(p);
    if (!is(p, ':')) return expected(p, "expected ':'");
    return skip_space(p + 1);
  }

  // --- what is wrong ---

  [[gnu::cold, gnu::noinline]] const char* incomplete() noexcept {
    fault_.code = errc::json_syntax;
    fault_.incomplete = true;
    fault_.at = end_;
    fault_.rule = "ends inside a record";
    return nullptr;
  }
  const char* syntax(const char* at, const char* rule) noexcept { return fail(errc::json_syntax, at, rule); }
  [[gnu::cold, gnu::noinline]] const char* expected(const char* at, const char* rule) noexcept {
    return at == end_ ? incomplete() : syntax(at, rule);
  }
  [[gnu::cold, gnu::noinline]] const char* fail(errc code, const char* at, const char* rule) noexcept {
    fault_.code = code;
    fault_.at = at;
    fault_.rule = rule;
    return nullptr;
  }

 protected:
  json_fault fault_;

 private:
  [[gnu::noinline]] const char* skip_spaces(const char* p) const noexcept {
    while (p != end_ && is_json_space(*p)) {
      ++p;
      while (!compact && has_word(p) && *p == ' ') {  // what is indented has many of these in a row
        const std::uint64_t others = ~bytes_equal(load_word(p), ' ') & byte_tops;
        p += others == 0 ? 8 : first_byte(others);
      }
    }
    return p;
  }
  // Null: they do not follow, or only close to the end of the text.
  [[gnu::noinline]] const char* behind_spaced(const char* p, const json_tokens& tokens) const noexcept {
    for (std::size_t at = 0;;) {
      if ((tokens.gaps >> at & 1) != 0) p = skip_space(p);
      if (at == tokens.size) return p;
      if (!has_words(p)) return nullptr;
      // The characters up to the next gap, 1 to 16; what is loaded behind them is shifted out.
      const std::size_t run = tokens.runs[at];
      const char* const text = tokens.text + at;
      if (((load_word(p) ^ load_word(text)) << (64 - 8 * (std::min)(run, std::size_t{8}))) != 0) return nullptr;
      if (run > 8 && ((load_word(p + 8) ^ load_word(text + 8)) << (128 - 8 * run)) != 0) return nullptr;
      p += run;
      at += run;
    }
  }
  [[gnu::noinline]] const char* string_as_call(const char* p, json_string& to) noexcept { return string(p, to); }
  // Those that can just be copied, of which there is one: up to eight of them.
  std::size_t plain_characters(const char* p) const noexcept {
    if (compact || end_ - p < 8) return 1;
    const std::uint64_t stops = string_stops(load_word(p));
    return stops == 0 ? 8 : first_byte(stops);
  }
  // The bytes that the fast loop leaves alone: escapes, UTF-8, control characters, the last few bytes of a text.
  [[gnu::noinline]] const char* rest_of_string(const char* p, json_string& to) noexcept {
    for (;;) {
      if (p == end_) return incomplete();
      const auto c = static_cast<unsigned char>(*p);
      if (c == '"') {
        to.size = static_cast<std::size_t>(p - to.data);
        return p + 1;
      }
      if (c == '\\') {
        to.escaped = true;
        char32_t ignored = 0;
        const char* broken = nullptr;
        p = read_escape(p, end_, ignored, broken);
        if (broken != nullptr) return expected(p, broken);
      } else if (c < 0x20) {
        return syntax(p, "control character in a string");
      } else if (c < 0x80) {
        p += plain_characters(p);
      } else {
        do {
          const std::size_t length = utf8_sequence_begun(p, end_);
          if (length == 0) return syntax(p, "invalid UTF-8");
          if (length > static_cast<std::size_t>(end_ - p)) return incomplete();
          p += length;
        } while (!compact && p != end_ && static_cast<unsigned char>(*p) >= 0x80);
      }
    }
  }

  static constexpr std::size_t longest_literal = json_tokens::longest;
  static_assert(string_block::size <= longest_literal);

  const char* end_;
  const char* words_end_;     // a word can be loaded before here
  const char* literals_end_;  // ... and the longest literal, or a string_block
};

inline const char* json_scanner::read_scalar(scalar& value, char first) noexcept {
  const char* p = value.at;
  if (first == '"') {
    p = any_string(p + 1, value.text);
  } else if (first == '0') {
    const char* broken = nullptr;
    p = read_decimal(p, end_, value.number, broken);
    if (broken != nullptr) return expected(p, broken);
    if (p == end_) return incomplete();
  } else {
    p = keyword(p, "expected a value");
  }
  return value.behind = p;
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
