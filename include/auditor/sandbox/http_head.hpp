// Reads the head of a request as the server's HTTP library does, with all that it is particular about. For the sandbox over HTTP alone.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/sandbox/media_type.hpp>
#include <auditor/sandbox/target.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail::sandboxed {

struct http_head {
  /// What the client wants of the connection, or the server when it answers.
  enum class connection_kind : std::uint8_t { close, keep_alive, upgrade };
  enum class body_kind : std::uint8_t { none, counted, chunked, until_end };

  std::string method;
  std::string target;
  std::vector<std::pair<std::string, std::string>> fields;
  int minor_version = 1;
  connection_kind connection = connection_kind::keep_alive;
  body_kind body = body_kind::none;
  std::uint64_t length = 0;
  bool expects_continue = false;

  /// The first of this name; nothing when there is none.
  std::optional<std::string_view> field(std::string_view name) const noexcept;
};

/// Reads what has come of a head, each time from its beginning.
class http_head_reader {
 public:
  enum class outcome : std::uint8_t {
    whole,
    partial,
    malformed,  ///< answered with 400
    too_large,  ///< answered with 431
  };

  explicit http_head_reader(std::string_view text) noexcept : text_(text) {}

  outcome read();

  http_head& head() noexcept { return head_; }
  std::size_t size() const noexcept { return i_; }

 private:
  char next();
  void expect(char c);
  void read_line_end();
  void read_request_line();

  template <class Is>
  std::string read_while(const Is& is);

  // False at the end of the head.
  bool read_field();
  static bool is_field_content(char c) noexcept;
  static bool is_method(std::string_view method) noexcept;
  static std::string_view trim(std::string_view text) noexcept;
  bool weigh_fields();

  std::string_view text_;
  std::size_t i_ = 0;
  http_head head_;
};

}  // namespace detail::sandboxed
}  // namespace AUDITOR_ABI
}  // namespace auditor

#include <auditor/impl/sandbox/http_head.ipp>
