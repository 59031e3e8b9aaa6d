// A frame on a serial line: what it says, of which exchange and step it is, and a checksum. A cut one costs itself alone.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

// On the line, as SLIP (RFC 1055) has it: 0xC0, the frame, 0xC0. What is in the frame and looks like a mark is two bytes. Who listens from the
// middle of a frame on, or hears half of one, is back in step at the next mark.
//
//   kind 1 | exchange 4 | step 2 | payload 0 to 240 | CRC-32 4          (numbers: lowest byte first)
//
// Only the device speaks by itself, and one frame at a time; the bridge answers each with one of the same exchange and step. Of a frame without
// an answer the device sends the same again, and the bridge, which has answered it already, says the same again and does nothing.
namespace line {

enum class kind : char {
  // the device's
  hello = 'H',  // begins an exchange; the bridge forgets the one before
  more = 'M',   // a part of the request
  last = 'L',   // the last one: now, and not before, the bridge sends it
  next = 'N',   // what comes next of the answer? The device asks when it has room: nothing comes that it cannot hold
  // the bridge's
  taken = 'T',    // to hello, more and last
  not_yet = 'Y',  // to next, as all that follow: ask again
  head = 'A',     // status 2, Retry-After 4
  body = 'B',     // a part of the body
  end = 'E',      // the body is complete
  failed = 'F',   // failure 1, words
};

// Whether the request may have been sent is what decides, so that it is told in a letter.
enum class failure : char {
  not_sent = 'n',  // certainly not
  no_tls = 't',    // certainly not, and it will not be
  refused = 'r',   // certainly not: the bridge cannot send it
  lost = 'l',      // perhaps
};

inline constexpr std::size_t most_payload = 240, head_size = 7, check_size = 4;

struct frame {
  kind what{};
  std::uint32_t exchange = 0;
  std::uint16_t step = 0;
  std::string_view payload;  // of the reader that it came from, until that takes more
};

template <class Number>
constexpr void put_number(char* to, Number number) {
  for (std::size_t i = 0; i < sizeof number; ++i) to[i] = static_cast<char>(number >> (8 * i) & 0xff);
}
template <class Number>
constexpr Number get_number(const char* from) {
  Number number = 0;
  for (std::size_t i = sizeof number; i-- > 0;)
    number = static_cast<Number>(number << 8 | static_cast<unsigned char>(from[i]));
  return number;
}

// CRC-32 of IEEE 802.3, without a table: a line is slower.
class checksum {
 public:
  constexpr void add(std::string_view bytes) {
    for (const char each : bytes) {
      state_ ^= static_cast<unsigned char>(each);
      for (int bit = 0; bit < 8; ++bit) state_ = state_ >> 1 ^ ((state_ & 1) != 0 ? 0xedb88320u : 0u);
    }
  }
  constexpr std::uint32_t value() const { return ~state_; }

 private:
  std::uint32_t state_ = 0xffffffff;
};

namespace slip {
inline constexpr char mark = '\xC0', escape = '\xDB', escaped_mark = '\xDC', escaped_escape = '\xDD';
}

// Sends a frame whose payload comes in parts: none of it is held. `Write` is bool(std::string_view): false, the line is gone.
template <class Write>
class frame_writer {
 public:
  frame_writer(Write write, kind what, std::uint32_t exchange, std::uint16_t step) : write_(write) {
    put(slip::mark);
    char head[head_size] = {static_cast<char>(what)};
    put_number(head + 1, exchange);
    put_number(head + 5, step);
    add({head, head_size});
  }
  void add(std::string_view payload) {
    check_.add(payload);
    stuff(payload);
  }
  bool finish() {
    char check[check_size];
    put_number(check, check_.value());
    stuff({check, check_size});
    put(slip::mark);
    flush();
    return well_;
  }

 private:
  void stuff(std::string_view bytes) {
    for (const char each : bytes) {
      if (each != slip::mark && each != slip::escape) {
        put(each);
        continue;
      }
      put(slip::escape);
      put(each == slip::mark ? slip::escaped_mark : slip::escaped_escape);
    }
  }
  void put(char c) {
    if (size_ == sizeof bytes_) flush();
    bytes_[size_++] = c;
  }
  void flush() {
    well_ = well_ && write_(std::string_view(bytes_, size_));
    size_ = 0;
  }

  Write write_;
  checksum check_;
  bool well_ = true;
  std::size_t size_ = 0;
  char bytes_[64];
};

// Finds the frames in what comes over a line.
class frame_reader {
 public:
  // True: with this byte a frame has come, whole and as it was sent.
  bool take(char c) {
    if (c == slip::mark) {
      const bool whole = !broken_ && !escaped_ && is_right();
      whole_ = whole ? size_ : 0;
      size_ = 0;
      broken_ = escaped_ = false;
      return whole;
    }
    if (escaped_) {
      escaped_ = false;
      if (c == slip::escaped_mark)
        c = slip::mark;
      else if (c == slip::escaped_escape)
        c = slip::escape;
      else
        broken_ = true;
    } else if (c == slip::escape) {
      escaped_ = true;
      return false;
    }
    if (size_ == sizeof bytes_) broken_ = true;
    if (!broken_) bytes_[size_++] = c;
    return false;
  }

  // The frame that came last. **Lifetime**: until the next take.
  frame get() const {
    return {static_cast<kind>(bytes_[0]), get_number<std::uint32_t>(bytes_ + 1), get_number<std::uint16_t>(bytes_ + 5),
            std::string_view(bytes_ + head_size, whole_ - head_size - check_size)};
  }

 private:
  bool is_right() const {
    if (size_ < head_size + check_size) return false;
    checksum check;
    check.add({bytes_, size_ - check_size});
    return check.value() == get_number<std::uint32_t>(bytes_ + size_ - check_size);
  }

  std::size_t size_ = 0, whole_ = 0;
  bool escaped_ = false, broken_ = false;
  char bytes_[head_size + most_payload + check_size];
};

}  // namespace line
