// The head of an answer, line by line: its limits, its framing and its few fields, the same for every transport of the library.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/http/request.hpp>
#include <auditor/transport/retry_after.hpp>
#include <auditor/transport/text.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

// Of so much of an answer each small piece is acknowledged at once, and behind so much of it none: half a second of a server's
// time, of which the 40 ms that its last piece may take are no part that matters.
inline constexpr std::uint64_t short_answer = 1024 * 1024, long_answer = 32 * 1024 * 1024;

// The versions that a connection may speak. HTTP/2 frames its answers by itself, and HTTP/1 must not claim to be it.
enum class http_versions : std::uint8_t { one, any };

class answer_head {
 public:
  static constexpr std::string_view too_long = "the head of the answer is longer than 64 KiB";
  static constexpr std::size_t most_bytes = 64 * 1024;
  static constexpr std::size_t most_fields = 100;

  answer_head() = default;
  explicit answer_head(http_versions allowed) noexcept : versions_(allowed) {}

  // One line with its end. False: refused, `complaint()` says why.
  bool take(std::string_view line) noexcept;

  // The head of the final answer is complete: interim answers (1xx) have been passed over.
  bool ready() const noexcept { return ready_; }
  bool anything() const noexcept { return bytes_ != 0; }
  std::string_view complaint() const noexcept { return complaint_; }

  // The end of the body can be told from a broken connection.
  bool framed() const noexcept { return multiplexed_ || chunked_ || length_ || bodiless(); }
  bool multiplexed() const noexcept { return multiplexed_; }
  bool chunked() const noexcept { return chunked_; }
  std::optional<std::uint64_t> length() const noexcept { return length_; }
  // The head is all of the answer.
  bool bodiless() const noexcept { return length_ == 0u || status_ == 204 || status_ == 304; }
  // The server will take another request on the same connection.
  bool keeps_connection() const noexcept { return keeps_; }

  response_head value() const noexcept;

 private:
  // Long enough for any date; what is longer is none.
  struct short_text {
    char bytes[40];
    std::size_t size = 0;
    void assign(std::string_view text) noexcept;
    std::string_view view() const noexcept { return {bytes, size}; }
  };

  bool refuse(std::string_view why) noexcept;
  bool begin(std::string_view line) noexcept;
  bool field(std::string_view line) noexcept;

  std::size_t bytes_ = 0;
  std::size_t fields_ = 0;
  int status_ = 0;
  bool start_ = true;
  bool ready_ = false;
  bool chunked_ = false;
  bool multiplexed_ = false;
  bool keeps_ = false;
  bool is_old_ = false;  // HTTP/1.0, which knows no chunks
  http_versions versions_ = http_versions::one;
  std::optional<std::uint64_t> length_;
  short_text date_;
  short_text retry_after_;
  std::string_view complaint_;
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor

#include <auditor/impl/transport/answer_head.ipp>
