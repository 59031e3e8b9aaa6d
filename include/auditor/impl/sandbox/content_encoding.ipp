// Bodies of sandbox/content_encoding.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/sandbox/content_encoding.hpp>

#include <boost/beast/zlib/inflate_stream.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail::sandboxed {

inline std::uint32_t crc32(std::string_view data, std::uint32_t before) noexcept {
  static constexpr auto table = [] {
    std::array<std::uint32_t, 256> t{};
    for (std::uint32_t i = 0; i < 256; ++i) {
      t[i] = i;
      for (int bit = 0; bit < 8; ++bit) t[i] = (t[i] >> 1) ^ ((t[i] & 1u) != 0 ? 0xEDB88320u : 0u);
    }
    return t;
  }();
  std::uint32_t crc = ~before;
  for (const char c : data) crc = (crc >> 8) ^ table[(crc ^ static_cast<unsigned char>(c)) & 0xFFu];
  return ~crc;
}

inline std::uint32_t adler32(std::string_view data, std::uint32_t before) noexcept {
  std::uint32_t a = before & 0xFFFFu, b = before >> 16;
  for (const char c : data) {
    a = (a + static_cast<unsigned char>(c)) % 65521u;
    b = (b + a) % 65521u;
  }
  return (b << 16) | a;
}

inline std::optional<body_unpacker::format> body_unpacker::to_format(std::string_view encoding) noexcept {
  if (equal_ignoring_case(encoding, "gzip")) return format::gzip;
  if (equal_ignoring_case(encoding, "deflate")) return format::zlib;
  if (equal_ignoring_case(encoding, "br")) return format::brotli;
  if (equal_ignoring_case(encoding, "zstd")) return format::zstandard;
  return std::nullopt;
}

inline void body_unpacker::read(std::string_view piece, std::string& content) {
  if (!problem_.empty()) return;
  if (format_ == format::brotli) return fail("InvalidData", "Invalid Data");
  if (format_ == format::zstandard) return fail("Other", "Unknown frame descriptor");
  if (at_ == part::head) {
    head_ += piece;
    if (!(format_ == format::gzip ? read_gzip_head() : read_zlib_head())) return;
    at_ = part::data;
    piece = std::string_view(head_).substr(head_size_);
  }
  if (at_ == part::data) inflate(piece, content);
  if (at_ == part::tail && problem_.empty()) read_tail(piece);
}

inline void body_unpacker::finish() {
  if (format_ != format::gzip || !problem_.empty()) return;
  if (at_ != part::tail || tail_.size() < tail_size() || number(tail_, 0) != *sum_ ||
      number(tail_, 4) != static_cast<std::uint32_t>(size_))
    fail_checksum();
}

inline void body_unpacker::fail(std::string_view kind, std::string_view why) {
  problem_ = "payload reached EOF before completing: Some(Custom { kind: ";
  problem_.append(kind).append(", error: \"").append(why).append("\" })");
}

inline void body_unpacker::fail_checksum() {
  fail("InvalidInput", "corrupt gzip stream does not have a matching checksum");
}

inline std::uint32_t body_unpacker::byte(std::string_view text, std::size_t i) noexcept {
  return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u;
}

inline std::uint32_t body_unpacker::number(std::string_view text, std::size_t i) noexcept {
  return byte(text, i) | (byte(text, i + 1) << 8) | (byte(text, i + 2) << 16) | (byte(text, i + 3) << 24);
}

inline bool body_unpacker::read_zlib_head() {
  if (head_.size() < 2) return false;
  const std::uint32_t method = byte(head_, 0), flags = byte(head_, 1);
  head_size_ = 2;
  const bool good = (method & 15u) == 8 && (method >> 4) <= 7 && (256 * method + flags) % 31 == 0 && (flags & 32u) == 0;
  if (!good) fail_stream();
  return good;
}

inline bool body_unpacker::read_gzip_head() {
  constexpr std::size_t fixed = 10;
  if (head_.size() < fixed) return false;
  const std::uint32_t flags = byte(head_, 3);
  if (!head_.starts_with("\x1f\x8b\x08") || (flags & 0xE0u) != 0) {
    fail("InvalidInput", "invalid gzip header");
    return false;
  }
  std::size_t i = fixed;
  if ((flags & 4u) != 0) i += 2 + byte(head_, i) + 256 * byte(head_, i + 1);
  for (const std::uint32_t text : {8u, 16u}) {
    if ((flags & text) == 0) continue;
    const std::size_t end = head_.find('\0', i);
    if (end == std::string::npos) return false;
    i = end + 1;
  }
  const bool checked = (flags & 2u) != 0;
  head_size_ = i + (checked ? 2 : 0);
  if (head_.size() < head_size_) return false;
  if (!checked || (crc32(std::string_view(head_).substr(0, i)) & 0xFFFFu) == (number(head_, i) & 0xFFFFu)) return true;
  fail_checksum();
  return false;
}

inline void body_unpacker::inflate(std::string_view& piece, std::string& content) {
  char buffer[16384];
  stream_ += piece;
  state_.next_in = piece.data();
  state_.avail_in = piece.size();
  for (bool more = true; more;) {
    state_.next_out = buffer;
    state_.avail_out = sizeof buffer;
    boost::beast::error_code failure;
    inflater_.write(state_, boost::beast::zlib::Flush::sync, failure);
    const std::string_view unpacked(buffer, sizeof buffer - state_.avail_out);
    content += unpacked;
    size_ += unpacked.size();
    sum_ = format_ == format::gzip ? crc32(unpacked, sum_.value_or(0)) : adler32(unpacked, sum_.value_or(1));
    if (failure == boost::beast::zlib::error::end_of_stream)
      at_ = part::tail;
    else if (failure && failure != boost::beast::zlib::error::need_buffers)
      fail_stream();
    more = !failure && (state_.avail_in > 0 || state_.avail_out == 0);
  }
  if (at_ == part::tail) piece = std::string_view(stream_).substr(find_end_of_stream());
}

inline std::size_t body_unpacker::find_end_of_stream() const {
  constexpr std::size_t plenty = 1024;
  const std::string input = stream_ + std::string(plenty, '\0');
  std::string output(static_cast<std::size_t>(size_) + plenty, '\0');
  boost::beast::zlib::inflate_stream inflater;
  boost::beast::zlib::z_params state;
  state.next_in = input.data();
  state.avail_in = input.size();
  state.next_out = output.data();
  state.avail_out = output.size();
  boost::beast::error_code ended;
  inflater.write(state, boost::beast::zlib::Flush::sync, ended);
  return input.size() - state.avail_in;
}

inline void body_unpacker::read_tail(std::string_view piece) {
  const std::size_t missing = tail_size() - tail_.size();
  tail_ += piece.substr(0, missing);
  if (piece.size() > missing) {
    problem_ =
        "payload reached EOF before completing: Some(Error { kind: WriteZero, message: \"failed to write whole buffer\" "
        "})";
    return;
  }
  if (format_ == format::gzip || tail_.size() < tail_size()) return;
  const std::uint32_t sum = (byte(tail_, 0) << 24) | (byte(tail_, 1) << 16) | (byte(tail_, 2) << 8) | byte(tail_, 3);
  if (sum != *sum_) fail_stream();
}

}  // namespace detail::sandboxed
}  // namespace AUDITOR_ABI
}  // namespace auditor
