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
  explicit text_writer(text_buffer& to) noexcept : to_(to) {}

  // False: one of the values was none of JSON's.
  bool is_valid() const noexcept { return valid_; }

  template <std::size_t N>
  void literal(const char (&text)[N]) {
    if constexpr (compact) {
      to_.append_words(text);
    } else if (to_.has_room(N - 1)) [[likely]] {
      std::memcpy(to_.end(), text, N - 1);
      to_.commit(N - 1);
    } else {
      to_.append(text, N - 1);
    }
  }
  void integer(std::int64_t value) {
    if constexpr (compact) {
      char digits[20];
      const char* const first = write_integer_before(digits + sizeof digits, value);
      to_.append(first, static_cast<std::size_t>(digits + sizeof digits - first));
    } else {
      token<20>([value](char* to) { return write_integer(value, to); });
    }
  }
  void number(const double& value) {
    if (!is_finite(value))
      valid_ = false;
    else
      token<32>([&value](char* to) { return write_double(value, to); });
  }
  void time(timestamp value) {
    token<timestamp_capacity>([value](char* to) { return to + write_timestamp(value, to); });
  }

  // A literal and what stands between the quotes of a string behind it.
  template <std::size_t N>
  void text(const char (&before)[N], const std::string_view& plain) {
    if constexpr (compact) {
      words_and_text(before, plain);
    } else {
      literal(before);
      text(plain);
    }
  }
  [[gnu::noinline]] void words_and_text(const char* before, const std::string_view& plain) {
    to_.append_words(before);
    text_from(plain.data(), plain.data() + plain.size());
  }

  // What stands between the quotes of a string.
  void text(const std::string_view& plain) {
    const char* from = plain.data();
    const std::size_t size = plain.size();
    std::size_t copied = 0;
    if (!compact && to_.has_room(size + 8)) [[likely]] {
      copied = copy_words(from, size, to_.end());
      to_.commit(copied);
      if (copied == size) return;
    }
    text_from(from + copied, from + size);
  }

 private:
  // At most so many characters, which `write` writes and returns the end of.
  template <std::size_t Most, class Write>
  void token(const Write& write) {
    if (!compact && to_.has_room(Most)) [[likely]] {
      to_.commit(static_cast<std::size_t>(write(to_.end()) - to_.end()));
    } else {
      char written[Most];
      to_.append(written, static_cast<std::size_t>(write(written) - written));
    }
  }

  // Up to the first character that cannot just be copied: how many those are. To where there is room for 8 more.
  static std::size_t copy_words(const char* from, std::size_t size, char* to) noexcept {
    std::size_t at = 0;
    for (; size - at >= string_block::size; at += string_block::size) {
      std::memcpy(to + at, from + at, string_block::size);
      if (const auto stops = string_block::stops(from + at); stops != 0) return at + string_block::first(stops);
    }
    if (string_block::size > 8 && size - at >= 8) {
      const std::uint64_t word = load_word(from + at);
      store_word(word, to + at);
      if (const std::uint64_t stops = string_stops(word); stops != 0) return at + first_byte(stops);
      at += 8;
    }
    const std::size_t left = size - at;
    if (left == 0) return at;
    // The zeros behind the last characters are control characters, at which the copying stops anyway.
    const std::uint64_t word = at != 0 ? load_word(from + size - 8) >> (8 * (8 - left)) : load_part(from, left);
    store_word(word, to + at);
    return at + first_byte(string_stops(word));
  }
  // The rest of a text, in any room.
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
