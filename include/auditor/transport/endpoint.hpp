// Where Auditor listens: parsed once and strictly, from a host and port or from a URL with a base path.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/result.hpp>
#include <auditor/transport/text.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

error bad_setting(std::string_view setting, std::string_view rule) noexcept;

struct endpoint {
  bool tls = false;
  std::string host = "127.0.0.1";  // an IPv6 address is without its brackets, and with its zone: fe80::1%eth0
  std::uint16_t port = 8080;
  std::string base_path;  // empty, or begins with '/' and does not end with one

  std::string url() const;
  // As the server knows it: a zone is this machine's word.
  std::string_view name() const noexcept;

  static std::string in_brackets(std::string_view host);
};

// At most 253 bytes, and 63 between two dots: a resolver takes no more.
constexpr bool has_name_lengths(std::string_view text) noexcept {
  if (text.ends_with('.')) text.remove_suffix(1);
  if (text.size() > 253) return false;
  while (text.size() > 63) {
    const std::size_t dot = text.find('.');
    if (dot > 63) return false;
    text.remove_prefix(dot + 1);
  }
  return true;
}
constexpr bool is_host_name(std::string_view text) noexcept {
  return !text.empty() && has_name_lengths(text) && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
  });
}

// Coarse: libcurl parses the address once more when the transport is built.
constexpr bool is_ipv6(std::string_view text) noexcept {
  if (const std::size_t zone = text.find('%'); zone != std::string_view::npos) {
    const std::string_view name = text.substr(zone + 1);
    if (name.size() > 15 || !is_host_name(name)) return false;  // of an interface; Linux has no longer ones
    text = text.substr(0, zone);
  }
  return std::count(text.begin(), text.end(), ':') >= 2 && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || (c >= '0' && c <= '9') || c == ':' || c == '.';
         });
}

constexpr bool is_percent_encoded(std::string_view text) noexcept {
  constexpr auto is_digit = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
  };
  for (std::size_t at = 0; (at = text.find('%', at)) != std::string_view::npos; ++at)
    if (text.size() - at < 3 || !is_digit(text[at + 1]) || !is_digit(text[at + 2])) return false;
  return true;
}

result<endpoint> endpoint_from_address(std::string_view host, std::int64_t port, std::string_view setting = "address");

// The text is never quoted in an error: it may hold a password that does not belong there.
result<endpoint> endpoint_from_url(std::string_view url, std::string_view setting);

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor

#include <auditor/impl/transport/endpoint.ipp>
