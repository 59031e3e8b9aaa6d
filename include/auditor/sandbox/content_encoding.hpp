// Decompresses a request body, as the server does with `Content-Encoding`. For the sandbox over HTTP alone.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/sandbox/media_type.hpp>

#include <boost/beast/zlib/inflate_stream.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail::sandboxed {

/// The checksum of gzip, piece by piece.
std::uint32_t crc32(std::string_view data, std::uint32_t before = 0) noexcept;

/// The checksum of zlib, piece by piece.
std::uint32_t adler32(std::string_view data, std::uint32_t before = 1) noexcept;

/// Unpacks a body as it comes, and stops at what is wrong with it, as the server does. Brotli and Zstandard are not known
/// here: all such bodies are broken ones.
class body_unpacker {
 public:
  enum class format : std::uint8_t { gzip, zlib, brotli, zstandard };

  /// Nothing when a body with this Content-Encoding is to be taken as it is.
  static std::optional<format> to_format(std::string_view encoding) noexcept;

  explicit body_unpacker(format packed) noexcept : format_(packed) {}

  /// Appends what a piece unpacks to; see `problem` behind each.
  void read(std::string_view piece, std::string& content);

  /// No more pieces come: only then are the checksum and the length of gzip looked at. The end of a zlib stream is not missed.
  void finish();

  /// The server's words for what is wrong; empty: nothing.
  const std::string& problem() const noexcept { return problem_; }

 private:
  enum class part : std::uint8_t { head, data, tail };

  std::size_t tail_size() const noexcept { return format_ == format::gzip ? 8 : 4; }

  void fail(std::string_view kind, std::string_view why);
  void fail_stream() { fail("InvalidInput", "corrupt deflate stream"); }
  void fail_checksum();
  static std::uint32_t byte(std::string_view text, std::size_t i) noexcept;
  static std::uint32_t number(std::string_view text, std::size_t i) noexcept;

  // False: it is not whole yet, or no head.
  bool read_zlib_head();
  bool read_gzip_head();

  // `piece` becomes what is behind the stream.
  void inflate(std::string_view& piece, std::string& content);

  // The inflater may have taken bytes behind the end when it was short of input or room. It does not when it has plenty.
  std::size_t find_end_of_stream() const;
  void read_tail(std::string_view piece);

  format format_;
  part at_ = part::head;
  std::string head_;
  std::size_t head_size_ = 0;
  std::string stream_;
  std::string tail_;
  boost::beast::zlib::inflate_stream inflater_;
  boost::beast::zlib::z_params state_;
  std::optional<std::uint32_t> sum_;
  std::uint64_t size_ = 0;
  std::string problem_;
};

}  // namespace detail::sandboxed
}  // namespace AUDITOR_ABI
}  // namespace auditor

#include <auditor/impl/sandbox/content_encoding.ipp>
