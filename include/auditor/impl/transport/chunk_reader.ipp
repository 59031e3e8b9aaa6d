// Bodies of transport/chunk_reader.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/transport/chunk_reader.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

inline std::string_view chunk_reader::next(std::string_view& from, std::size_t most) noexcept {
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

inline void chunk_reader::framing(char c) noexcept {
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

inline void chunk_reader::size(char c) noexcept {
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

inline void chunk_reader::begin() noexcept {
  at_ = left_ != 0 ? place::data : place::trailer;
  line_ = 0;
}

inline void chunk_reader::trailer(char c) noexcept {
  if (c != '\n') return refuse("the trailer of the answer is malformed");
  if (line_ == 2) return go(place::end);
  if (++fields_ > answer_head::most_fields) return refuse("the trailer of the answer has more than 100 fields");
  line_ = 0;
  at_ = place::trailer;
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
