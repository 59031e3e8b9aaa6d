// Bodies of transport/endpoint.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/transport/endpoint.hpp>

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

inline std::string endpoint::url() const {
  std::string text = tls ? "https://" : "http://";
  text.append(in_brackets(host));
  if (const std::size_t zone = text.find('%'); zone != std::string::npos) text.insert(zone + 1, "25");
  return text.append(":").append(std::to_string(port)).append(base_path);
}

inline std::string_view endpoint::name() const noexcept { return std::string_view(host).substr(0, host.find('%')); }

inline std::string endpoint::in_brackets(std::string_view host) {
  const bool bracket = host.find(':') != std::string_view::npos;
  return std::string(bracket ? "[" : "").append(host).append(bracket ? "]" : "");
}

inline result<endpoint> endpoint_from_address(std::string_view host, std::int64_t port, std::string_view setting) {
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

inline result<endpoint> endpoint_from_url(std::string_view url, std::string_view setting) {
  const auto refuse = [setting](std::string_view rule) { return bad_setting(setting, rule); };
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
