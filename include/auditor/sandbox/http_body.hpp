// Reads the body of a request as it comes, with or without chunks, as the server's HTTP library does. For the sandbox over HTTP alone.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/sandbox/http_head.hpp>

#include <cstdint>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail::sandboxed {

class http_body_reader {
 public:
  enum class outcome : std::uint8_t { whole, partial, broken };

  http_body_reader() = default;
  explicit http_body_reader(const http_head& head) noexcept;

  bool is_whole() const noexcept { return at_ == part::end; }
  bool is_chunked() const noexcept { return kind_ == http_head::body_kind::chunked; }

  /// How much is missing of a body whose length was announced.
  std::uint64_t left() const noexcept { return kind_ == http_head::body_kind::counted ? left_ : 0; }

  /// Takes what belongs to the body from the front of `input`; `take` gets the content piece by piece.
  template <class Take>
  outcome read(std::string_view& input, const Take& take) {
    while (!is_whole() && !input.empty())
      if (!read_some(input, take)) return outcome::broken;
    return is_whole() ? outcome::whole : outcome::partial;
  }

 private:
  enum class part : std::uint8_t {
    size_first,
    size_rest,
    size_space,
    extension,
    size_line_end,
    data,
    data_return,
    data_line_end,
    trailer,
    trailer_line_end,
    end_return,
    end_line_end,
    end
  };

  template <class Take>
  bool read_some(std::string_view& input, const Take& take);
  bool go(part next) noexcept;
  bool go_behind_size(char c) noexcept;
  bool take_digit(char c) noexcept;

  http_head::body_kind kind_ = http_head::body_kind::none;
  std::uint64_t left_ = 0;
  part at_ = part::end;
};

}  // namespace detail::sandboxed
}  // namespace AUDITOR_ABI
}  // namespace auditor

#include <auditor/impl/sandbox/http_body.ipp>
