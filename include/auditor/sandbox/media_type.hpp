// Whether the server takes a Content-Type for JSON. Sandbox alone.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/sandbox/bodies.hpp>

#include <cstddef>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail::sandboxed {

/// What names of methods, fields and media types are made of.
bool is_token(char c) noexcept;

bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept;

/// Reads `type/subtype; name=value; name="value"`, and is as particular about spaces as the server: they are allowed
/// behind a semicolon and behind a quoted value alone.
class media_type {
 public:
  explicit media_type(std::string_view text) noexcept : text_(text) {}

  /// `type/json`, `type/json+anything`, `type/anything+json`.
  bool is_json();

 private:
  bool read(char c) noexcept;
  bool read_token() noexcept;
  bool read_parameters() noexcept;
  bool read_unquoted() noexcept;

  // A quotation mark that comes first does not end it.
  bool read_quoted() noexcept;

  std::string_view text_;
  std::size_t i_ = 0;
};

}  // namespace detail::sandboxed
}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_SANDBOX_BODIES
#include <auditor/impl/sandbox/media_type.ipp>
#endif
