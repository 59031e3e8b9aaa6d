// The body out of its chunks: every line between them bounded, and nothing behind the last one.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/transport/answer_head.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

// Keeps nothing of what it reads, so that no server can make it grow.
class chunk_reader {
 public:
  // The size of a chunk with its extensions, or a line of the trailer. libcurl gives up at 4 KiB, in other words.
  static constexpr std::size_t most_line = 2 * 1024;

  // The next bytes of the body, `most` at most, and none when there are no more in `from`: then it is all read, done(), or
  // refused. Takes what it has read off the front of `from`; what is left when done() is no part of the answer.
  std::string_view next(std::string_view& from, std::size_t most) noexcept {
    while (!from.empty() && at_ != place::end && complaint_.empty()) {
      if (at_ == place::data) {
        const auto size = static_cast<std::size_t>((std::min)({std::uint64_t{from.size()}, std::uint64_t{most}, left_}));
        const std::string_view body = from.substr(0, size);
        from.remove_prefix(size);
        left_ -= size;
        if (left_ == 0) at_ = place::behind_data;
        return body;
      }
      framing(from.front());
      from.remove_prefix(1);
    }
    return {};
  }

  bool done() const noexcept { return at_ == place::end; }
  std::string_view complaint() const noexcept { return complaint_; }

 private:
  enum class place : std::uint8_t { size, extension, size_lf, data, behind_data, data_lf, trailer, trailer_lf, end };

  void framing(char c) noexcept {
    if (++line_ > most_line) return refuse("a line between the chunks of the answer is longer than 2 KiB");
    switch (at_) {
      case place::size: return size(c);
      case place::extension:
        if (c == '\r') at_ = place::size_lf;
        if (c == '\n') refuse("the size of a chunk is not a number");
        return;
      case place::size_lf: return c == '\n' ? begin() : refuse("the size of a chunk is not a number");
      case place::behind_data:
        return c == '\r' ? go(place::data_lf) : refuse("a chunk of the answer is longer than its size");
      case place::data_lf:
        if (c != '\n') return refuse("a chunk of the answer is longer than its size");
        digits_ = 0;
        line_ = 0;
        return go(place::size);
      case place::trailer:
        if (c == '\r') at_ = place::trailer_lf;
        if (c == '\n') refuse("the trailer of the answer is malformed");
        return;
      case place::trailer_lf: return trailer(c);
      case place::data:
      case place::end: return;
    }
  }

  void size(char c) noexcept {
    const int value = c >= '0' && c <= '9'   ? c - '0'
                      : c >= 'a' && c <= 'f' ? c - 'a' + 10
                      : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                             : -1;
    if (value >= 0 && digits_ < most_digits) {
      ++digits_;
      left_ = left_ * 16 + static_cast<std::uint64_t>(value);
    } else if (digits_ == 0 || value >= 0) {
      refuse("the size of a chunk is not a number");
    } else if (c == '\r') {
      at_ = place::size_lf;
    } else if (c == ';' || c == ' ' || c == '\t') {
      at_ = place::extension;
    } else {
      refuse("the size of a chunk is not a number");
    }
  }
  void begin() noexcept {
    at_ = left_ != 0 ? place::data : place::trailer;
    line_ = 0;
  }
  void trailer(char c) noexcept {
    if (c != '\n') return refuse("the trailer of the answer is malformed");
    if (line_ == 2) return go(place::end);
    if (++fields_ > answer_head::most_fields) return refuse("the trailer of the answer has more than 100 fields");
    line_ = 0;
    at_ = place::trailer;
  }
  void go(place where) noexcept { at_ = where; }
  void refuse(std::string_view why) noexcept { complaint_ = why; }

  static constexpr int most_digits = 15;  // what no file holds, and far from where a number of 64 bits begins anew

  place at_ = place::size;
  int digits_ = 0;
  std::uint64_t left_ = 0;
  std::size_t line_ = 0;
  std::size_t fields_ = 0;
  std::string_view complaint_;
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
