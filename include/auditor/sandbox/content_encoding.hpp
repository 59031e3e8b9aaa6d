// Decompresses a request body, as the server does with `Content-Encoding`. For the sandbox over HTTP alone.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/sandbox/media_type.hpp>

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

/// What became of a body: its content, or the server's words for why there is none.
struct unpacked_body {
  std::string content;
  std::string problem;
};

inline unpacked_body broken_body(std::string_view kind, std::string_view why) {
  return {{},
          "payload reached EOF before completing: Some(Custom { kind: " + std::string(kind) + ", error: \"" +
              std::string(why) + "\" })"};
}

inline std::uint32_t crc32(std::string_view data) noexcept {
  static constexpr auto table = [] {
    std::array<std::uint32_t, 256> t{};
    for (std::uint32_t i = 0; i < 256; ++i) {
      t[i] = i;
      for (int bit = 0; bit < 8; ++bit) t[i] = (t[i] >> 1) ^ ((t[i] & 1u) != 0 ? 0xEDB88320u : 0u);
    }
    return t;
  }();
  std::uint32_t crc = ~std::uint32_t{0};
  for (const char c : data) crc = (crc >> 8) ^ table[(crc ^ static_cast<unsigned char>(c)) & 0xFFu];
  return ~crc;
}

inline std::uint32_t adler32(std::string_view data) noexcept {
  std::uint32_t a = 1, b = 0;
  for (const char c : data) {
    a = (a + static_cast<unsigned char>(c)) % 65521u;
    b = (b + a) % 65521u;
  }
  return (b << 16) | a;
}

/// Unpacks a body; of one that is too large not much more than the limit is kept.
class body_unpacker {
 public:
  body_unpacker(std::string_view packed, std::size_t most) noexcept : packed_(packed), most_(most) {}

  unpacked_body gunzip() {
    const head_state head = read_gzip_head();
    if (head == head_state::foreign) return broken_body("InvalidInput", "invalid gzip header");
    // A head that does not end and one with another checksum are both called that.
    const auto corrupt = [] {
      return broken_body("InvalidInput", "corrupt gzip stream does not have a matching checksum");
    };
    if (head == head_state::corrupt) return corrupt();
    const end_state end = inflate();
    if (end == end_state::corrupt) return broken_body("InvalidInput", "corrupt deflate stream");
    const bool ended = end == end_state::reached;
    if (ended && packed_.size() - i_ > 8) return behind_the_end();
    if (content_.size() > most_) return {std::move(content_), {}};
    if (!ended || packed_.size() - i_ < 8) return corrupt();
    const bool same = number(i_) == crc32(content_) && number(i_ + 4) == static_cast<std::uint32_t>(content_.size());
    return same ? unpacked_body{std::move(content_), {}} : corrupt();
  }

  /// The server takes what has come when the end is missing.
  unpacked_body unzlib() {
    const auto corrupt = [] { return broken_body("InvalidInput", "corrupt deflate stream"); };
    if (packed_.size() < 2) return {};
    const unsigned method = byte(0), flags = byte(1);
    if ((method & 15u) != 8 || (method >> 4) > 7 || (256 * method + flags) % 31 != 0 || (flags & 32u) != 0)
      return corrupt();
    i_ = 2;
    const end_state end = inflate();
    if (end == end_state::corrupt) return corrupt();
    if (end == end_state::reached && packed_.size() - i_ >= 4) {
      const std::uint32_t sum = (byte(i_) << 24) | (byte(i_ + 1) << 16) | (byte(i_ + 2) << 8) | byte(i_ + 3);
      if (content_.size() <= most_ && sum != adler32(content_)) return corrupt();
      if (packed_.size() - i_ > 4) return behind_the_end();
    }
    return {std::move(content_), {}};
  }

 private:
  enum class head_state : std::uint8_t { good, foreign, corrupt };
  enum class end_state : std::uint8_t { reached, missing, corrupt };

  std::uint32_t byte(std::size_t i) const noexcept {
    return i < packed_.size() ? static_cast<unsigned char>(packed_[i]) : 0u;
  }
  std::uint32_t number(std::size_t i) const noexcept {
    return byte(i) | (byte(i + 1) << 8) | (byte(i + 2) << 16) | (byte(i + 3) << 24);
  }

  static unpacked_body behind_the_end() {
    return {{},
            "payload reached EOF before completing: Some(Error { kind: WriteZero, message: \"failed to write whole "
            "buffer\" })"};
  }

  head_state read_gzip_head() {
    constexpr std::size_t fixed = 10;
    if (packed_.size() < fixed) return head_state::corrupt;
    const unsigned flags = byte(3);
    if (!packed_.starts_with("\x1f\x8b\x08") || (flags & 0xE0u) != 0) return head_state::foreign;
    i_ = fixed;
    if ((flags & 4u) != 0) i_ += 2 + byte(i_) + 256 * byte(i_ + 1);
    for (const unsigned text : {8u, 16u}) {
      if ((flags & text) == 0) continue;
      const std::size_t end = packed_.find('\0', i_);
      if (end == std::string_view::npos) return head_state::corrupt;
      i_ = end + 1;
    }
    if (i_ > packed_.size()) return head_state::corrupt;
    if ((flags & 2u) != 0) {
      if (packed_.size() - i_ < 2 || (crc32(packed_.substr(0, i_)) & 0xFFFFu) != (number(i_) & 0xFFFFu))
        return head_state::corrupt;
      i_ += 2;
    }
    return head_state::good;
  }

  // Raw deflate from i_ on, which moves behind it.
  end_state inflate() {
    namespace zlib = boost::beast::zlib;
    zlib::inflate_stream inflater;
    char buffer[16384];
    zlib::z_params state;
    state.next_in = packed_.data() + i_;
    state.avail_in = packed_.size() - i_;
    end_state end = end_state::missing;
    while (true) {
      state.next_out = buffer;
      state.avail_out = sizeof buffer;
      boost::beast::error_code failure;
      inflater.write(state, zlib::Flush::sync, failure);
      if (content_.size() <= most_) content_.append(buffer, sizeof buffer - state.avail_out);
      if (failure == zlib::error::end_of_stream) end = end_state::reached;
      if (failure && failure != zlib::error::end_of_stream && failure != zlib::error::need_buffers)
        end = end_state::corrupt;
      if (failure || (state.avail_in == 0 && state.avail_out != 0)) break;
    }
    i_ = packed_.size() - state.avail_in;
    return end;
  }

  std::string_view packed_;
  std::size_t most_;
  std::size_t i_ = 0;
  std::string content_;
};

/// The body, unpacked when its Content-Encoding says that it is packed; nothing when it does not. Brotli and Zstandard are not known here, and all such bodies are broken ones.
inline std::optional<unpacked_body> unpack(std::string_view encoding, std::string_view packed, std::size_t most) {
  const auto is = [encoding](std::string_view name) { return equal_ignoring_case(encoding, name); };
  if (is("gzip")) return body_unpacker(packed, most).gunzip();
  if (is("deflate")) return body_unpacker(packed, most).unzlib();
  if (is("br")) return broken_body("InvalidData", "Invalid Data");
  if (is("zstd")) return broken_body("Other", "Unknown frame descriptor");
  return std::nullopt;
}

}  // namespace detail::sandboxed
}  // namespace AUDITOR_ABI
}  // namespace auditor
