// Decompresses a request body, as the server does with `Content-Encoding: gzip`. For the sandbox over HTTP alone.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/config.hpp>

#include <boost/beast/zlib/inflate_stream.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail::sandboxed {

/// Where the compressed data begins; nothing when this is no gzip header.
inline std::optional<std::size_t> find_gzip_data(std::string_view gzip) noexcept {
  constexpr std::size_t fixed = 10;
  if (gzip.size() < fixed || !gzip.starts_with("\x1f\x8b\x08")) return std::nullopt;
  const auto byte = [gzip](std::size_t i) { return i < gzip.size() ? static_cast<unsigned char>(gzip[i]) : 0u; };
  const unsigned flags = byte(3);
  std::size_t i = fixed;
  if ((flags & 4u) != 0) i += 2 + byte(i) + 256 * byte(i + 1);
  for (const unsigned text : {8u, 16u})
    if ((flags & text) != 0) i = gzip.find('\0', i) == std::string_view::npos ? gzip.size() : gzip.find('\0', i) + 1;
  if ((flags & 2u) != 0) i += 2;
  if (i >= gzip.size()) return std::nullopt;
  return i;
}

/// The content, of which no more than `most` + 1 bytes are unpacked; `problem` gets the server's words when it is none.
inline std::string gunzip(std::string_view gzip, std::size_t most, std::string& problem) {
  const auto broken = [&problem](const std::string& why) {
    problem = "payload reached EOF before completing: Some(Custom { kind: InvalidInput, error: \"" + why + "\" })";
    return std::string();
  };
  const auto begin = find_gzip_data(gzip);
  if (!begin) return broken("invalid gzip header");

  namespace zlib = boost::beast::zlib;
  zlib::inflate_stream inflater;
  std::string content;
  char buffer[16384];
  zlib::z_params state;
  state.next_in = gzip.data() + *begin;
  state.avail_in = gzip.size() - *begin;
  while (content.size() <= most) {
    state.next_out = buffer;
    state.avail_out = sizeof buffer;
    boost::beast::error_code failure;
    inflater.write(state, zlib::Flush::sync, failure);
    content.append(buffer, sizeof buffer - state.avail_out);
    if (failure == zlib::error::end_of_stream) break;
    if (failure || (state.avail_in == 0 && state.avail_out != 0)) return broken("corrupt deflate stream");
  }
  if (content.size() > most) content.resize(most + 1);
  return content;
}

}  // namespace detail::sandboxed
}  // namespace AUDITOR_ABI
}  // namespace auditor
