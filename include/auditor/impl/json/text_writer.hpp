// Writes the tokens of JSON into a buffer: strings, integers, doubles, as nlohmann/json prints them.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/text_buffer.hpp>
#include <auditor/base/timestamp.hpp>
#include <auditor/base/utf8.hpp>
#include <auditor/impl/base/write_number.hpp>
#include <auditor/impl/json/word.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

// Goes on behind a value that JSON has no way to write, and behind the end of the buffer, so that only the end has to ask.
class text_writer {
 public:
  static constexpr std::size_t longest_integer = 20, longest_number = 32;

  explicit text_writer(text_buffer& to) noexcept : to_(to) {}

  // Nothing more is written. False: one of the values was none of JSON's.
  bool finish() const noexcept { return valid_; }

  [[gnu::always_inline]] void literal(const char* text) {
    if constexpr (compact)
      to_.append_words(text);
    else
      to_.append(text);
  }

  // A literal and a number or a time behind it.
  AUDITOR_CALLED_ONCE void integer(const char* before, const std::int64_t& value) {
    literal(before);
    char digits[longest_integer];
    const char* const first = write_integer_before(digits + sizeof digits, value);
    to_.append(first, static_cast<std::size_t>(digits + sizeof digits - first));
  }
  AUDITOR_CALLED_ONCE void number(const char* before, const double& value) {
    literal(before);
    if (!is_finite(value))
      valid_ = false;
    else
      token<longest_number>([&value](char* to) { return write_double(value, to); });
  }
  [[gnu::always_inline]] void time(const char* before, const timestamp& value) {
    literal(before);
    moment(value);
  }

  // A literal and what stands between the quotes of a string behind it.
  [[gnu::noinline]] void text(const char* before, const std::string_view& plain) {
    literal(before);
    characters(plain);
  }
  // What stands between the quotes of a string.
  void characters(const std::string_view& plain) { text_from(plain.data(), plain.data() + plain.size()); }

 private:
  void moment(timestamp value) {
    token<timestamp_capacity>([value](char* to) { return to + write_timestamp(value, to); });
  }
  // At most so many characters, which `write` writes and returns the end of.
  template <std::size_t Most, class Write>
  void token(const Write& write) {
    char written[Most];
    to_.append(written, static_cast<std::size_t>(write(written) - written));
  }

  [[gnu::noinline]] void text_from(const char* p, const char* end) {
    while (p != end) {
      const char* const begin = p;
      p = end_of_plain(p, end);
      to_.append(begin, static_cast<std::size_t>(p - begin));
      if (p != end) p = escape(p, end);
    }
  }
  // The first character that cannot just be copied, as what is well-formed UTF-8 can.
  static const char* end_of_plain(const char* p, const char* end) noexcept {
    while (p != end) {
      if (!compact && end - p >= static_cast<std::ptrdiff_t>(string_block::size)) {
        const auto stops = string_block::stops(p);
        p += stops == 0 ? string_block::size : string_block::first(stops);
        if (stops == 0) continue;
      }
      const auto c = static_cast<unsigned char>(*p);
      if (c >= 0x80) {
        const auto left = static_cast<std::size_t>(end - p);
        const std::size_t length =
            !compact && left >= 4 ? utf8_length(load_part(p, 4)) : utf8_sequence_length({p, left}, 0);
        if (length == 0) break;
        p += length;
      } else if (c < 0x20 || c == '"' || c == '\\') {
        break;
      } else {
        ++p;
      }
    }
    return p;
  }

  // One character that cannot just be copied; returns what is behind it.
  AUDITOR_CALLED_ONCE const char* escape(const char* p, const char* end) {
    const auto c = static_cast<unsigned char>(*p);
    if (c >= 0x80) {  // no UTF-8
      valid_ = false;
      return end;
    }
    const char* known = "\"\"\\\\\bb\ff\nn\rr\tt";  // each with its name
    while (*known != '\0' && *known != *p) known += 2;
    const bool has_name = *known != '\0';
    const char written[] = {'\\', has_name ? known[1] : 'u',       '0',
                            '0',  static_cast<char>('0' + c / 16), hex_character(c % 16u)};
    to_.append(written, has_name ? 2 : 6);
    return p + 1;
  }

  text_buffer& to_;
  bool valid_ = true;
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
