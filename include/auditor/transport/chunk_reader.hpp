// The body out of its chunks: every line between them bounded, and nothing behind the last one.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/transport/answer_head.hpp>

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
  std::string_view next(std::string_view& from, std::size_t most) noexcept;

  bool done() const noexcept { return at_ == place::end; }
  std::string_view complaint() const noexcept { return complaint_; }

 private:
  enum class place : std::uint8_t { size, extension, size_lf, data, behind_data, data_lf, trailer, trailer_lf, end };

  void framing(char c) noexcept;
  void size(char c) noexcept;
  void begin() noexcept;
  void trailer(char c) noexcept;
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

#include <auditor/impl/transport/chunk_reader.ipp>
