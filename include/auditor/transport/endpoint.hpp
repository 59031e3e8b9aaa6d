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

inline error bad_setting(std::string_view setting, std::string_view rule) noexcept {
  return error(errc::invalid_argument, setting).more(": ").more(rule);
}

struct endpoint {
  bool tls = false;
  std::string host = "127.0.0.1";  // an IPv6 address is without its brackets, and with its zone: fe80::1%eth0
  std::uint16_t port = 8080;
  std::string base_path;  // empty, or begins with '/' and does not end with one

  std::string url() const {
    std::string text = tls ? "https://" : "http://";
    text.append(in_brackets(host));
    if (const std::size_t zone = text.find('%'); zone != std::string::npos) text.insert(zone + 1, "25");
    return text.append(":").append(std::to_string(port)).append(base_path);
  }
  // As the server knows it: a zone is this machine's word.
  std::string_view name() const noexcept { return std::string_view(host).substr(0, host.find('%')); }

  static std::string in_brackets(std::string_view host) {
    const bool bracket = host.find(':') != std::string_view::npos;
    return std::string(bracket ? "[" : "").append(host).append(bracket ? "]" : "");
  }
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

inline result<endpoint> endpoint_from_address(std::string_view host, std::int64_t port,
                                              std::string_view setting = "address") {
  if (host.empty()) return bad_setting(setting, "the host is empty; give a name or an IP address");
  if (host.find('/') != std::string_view::npos)
    return bad_setting(setting, "takes a host without scheme and path; for a URL use connection_string");
  if (port < 1 || port > 65535) return bad_setting(setting, "the port must be between 1 and 65535");
  if (host.size() > 2 && host.front() == '[' && host.back() == ']' && is_ipv6(host.substr(1, host.size() - 2)))
    host = host.substr(1, host.size() - 2);
  else if (host.find(':') != std::string_view::npos ? !is_ipv6(host) : !is_host_name(host))
    return bad_setting(setting,
                       "the host must be a name in ASCII (253 bytes, 63 between dots), an IPv4 or an IPv6 address; the "
                       "port goes separately");
  endpoint parsed;
  parsed.host = host;
  parsed.port = static_cast<std::uint16_t>(port);
  return parsed;
}

// The text is never quoted in an error: it may hold a password that does not belong there.
inline result<endpoint> endpoint_from_url(std::string_view url) {
  const auto refuse = [](std::string_view rule) { return bad_setting("connection_string", rule); };
  const auto has_scheme = [&url](std::string_view scheme) { return same_word(url.substr(0, scheme.size()), scheme); };
  if (!std::all_of(url.begin(), url.end(), [](char c) { return c > 0x20 && c < 0x7F && c != '\\'; }))
    return refuse("no spaces, control characters, backslashes or characters outside ASCII; percent-encode the path");
  endpoint parsed;
  parsed.tls = has_scheme("https://");
  if (!parsed.tls && !has_scheme("http://"))
    return refuse("must begin with http:// or https://, as in http://localhost:8000");
  url.remove_prefix(parsed.tls ? 8 : 7);
  if (url.find_first_of("?#") != std::string_view::npos) return refuse("no query and no fragment; only a base path");

  std::string_view authority = url.substr(0, url.find('/'));
  std::string_view path = url.substr(authority.size());
  if (authority.find('@') != std::string_view::npos)
    return refuse("no user name or password; Auditor knows clients by their certificates");
  while (path.ends_with('/')) path.remove_suffix(1);

  std::string_view host = authority.substr(0, authority.find(':'));
  std::string_view port = authority.substr(host.size());
  if (authority.starts_with('[')) {
    const std::size_t end = authority.find(']');
    if (end == std::string_view::npos) return refuse("the IPv6 address has no closing bracket");
    host = authority.substr(1, end - 1);
    port = authority.substr(end + 1);
    if (const std::size_t zone = host.find("%25"); zone != std::string_view::npos)  // as a URL writes it
      parsed.host = std::string(host.substr(0, zone + 1)).append(host.substr(zone + 3));
    else
      parsed.host = host;
    host = parsed.host;
    if (!is_ipv6(host)) return refuse("only an IPv6 address belongs in brackets");
  } else if (port.find(':', 1) != std::string_view::npos) {
    return refuse("an IPv6 address belongs in brackets, as in http://[::1]:8000");
  } else if (host.empty()) {
    return refuse("the host is empty; give a name or an IP address");
  } else if (!is_host_name(host)) {
    return refuse(
        "the host must be a name in ASCII (253 bytes, 63 between dots), an IPv4 address, or an IPv6 address in brackets");
  } else {
    parsed.host = host;
  }
  if (!is_percent_encoded(path)) return refuse("a % in the path must begin a percent-encoded byte, as in %20");

  parsed.base_path = path;
  parsed.port = parsed.tls ? 443 : 80;
  if (port.empty()) return parsed;
  port.remove_prefix(1);
  std::uint32_t number = 0;
  for (const char c : port) {
    if (c < '0' || c > '9') return refuse("the port must be a number");
    number = (std::min)(number * 10 + static_cast<std::uint32_t>(c - '0'), 100'000u);
  }
  if (number < 1 || number > 65535) return refuse("the port must be between 1 and 65535");
  parsed.port = static_cast<std::uint16_t>(number);
  return parsed;
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
