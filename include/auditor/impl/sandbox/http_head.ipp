// Bodies of sandbox/http_head.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/sandbox/http_head.hpp>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail::sandboxed {

inline std::optional<std::string_view> http_head::field(std::string_view name) const noexcept {
  for (const auto& [known, value] : fields)
    if (equal_ignoring_case(known, name)) return value;
  return std::nullopt;
}

inline http_head_reader::outcome http_head_reader::read() {
  try {
    read_request_line();
    while (read_field()) {
    }
  } catch (const outcome& end) {
    constexpr std::size_t most = 131'072;
    return end == outcome::partial && text_.size() >= most ? outcome::too_large : end;
  }
  if (!is_method(head_.method) || !to_path_and_query(head_.target) || !weigh_fields()) return outcome::malformed;
  return outcome::whole;
}

inline char http_head_reader::next() {
  if (i_ == text_.size()) throw outcome::partial;
  return text_[i_++];
}

inline void http_head_reader::expect(char c) {
  if (next() != c) throw outcome::malformed;
}

inline void http_head_reader::read_line_end() {
  const char c = next();
  if (c == '\r') return expect('\n');
  if (c != '\n') throw outcome::malformed;
}

inline void http_head_reader::read_request_line() {
  while (i_ < text_.size() && (text_[i_] == '\r' || text_[i_] == '\n')) read_line_end();
  head_.method = read_while(is_token);
  expect(' ');
  head_.target = read_while([](char c) { return static_cast<unsigned char>(c) > ' ' && c != 0x7F; });
  expect(' ');
  for (const char c : std::string_view("HTTP/1.")) expect(c);
  const char minor = next();
  if (minor != '0' && minor != '1') throw outcome::malformed;
  head_.minor_version = minor - '0';
  read_line_end();
}

template <class Is>
inline std::string http_head_reader::read_while(const Is& is) {
  const std::size_t begin = i_;
  while (i_ < text_.size() && is(text_[i_])) ++i_;
  if (i_ == text_.size()) throw outcome::partial;
  if (i_ == begin) throw outcome::malformed;
  return std::string(text_.substr(begin, i_ - begin));
}

inline bool http_head_reader::read_field() {
  constexpr std::size_t most = 96;
  const char first = next();
  if (first == '\r' || first == '\n') {
    if (first == '\r') expect('\n');
    return false;
  }
  --i_;
  std::string name = read_while(is_token);
  expect(':');
  while (i_ < text_.size() && (text_[i_] == ' ' || text_[i_] == '\t')) ++i_;
  const std::size_t begin = i_;
  while (i_ < text_.size() && is_field_content(text_[i_])) ++i_;
  std::string_view value = text_.substr(begin, i_ - begin);
  read_line_end();
  if (head_.fields.size() == most) throw outcome::too_large;
  while (!value.empty() && (value.back() == ' ' || value.back() == '\t')) value.remove_suffix(1);
  head_.fields.emplace_back(std::move(name), value);
  return true;
}

inline bool http_head_reader::is_field_content(char c) noexcept {
  return c == '\t' || (static_cast<unsigned char>(c) >= ' ' && c != 0x7F);
}

inline bool http_head_reader::is_method(std::string_view method) noexcept {
  return method.find_first_of("#$%&'") == std::string_view::npos;
}

inline std::string_view http_head_reader::trim(std::string_view text) noexcept {
  while (!text.empty() && is_one_of(text.front(), " \t")) text.remove_prefix(1);
  while (!text.empty() && is_one_of(text.back(), " \t")) text.remove_suffix(1);
  return text;
}

inline bool http_head_reader::weigh_fields() {
  const bool is_old = head_.minor_version == 0;
  std::optional<std::uint64_t> length;
  std::optional<http_head::connection_kind> wanted;
  bool host = false, encoding = false, chunked = false, websocket = false;
  for (const auto& [name, value] : head_.fields) {
    const std::string_view word = trim(value);
    const auto is = [&word](std::string_view other) { return equal_ignoring_case(word, other); };
    const auto named = [known = std::string_view(name)](std::string_view other) {
      return equal_ignoring_case(known, other);
    };
    if (named("content-length")) {
      std::uint64_t count = 0;
      const auto [end, failure] = std::from_chars(word.data(), word.data() + word.size(), count);
      if (length || word.empty() || failure != std::errc{} || end != word.data() + word.size()) return false;
      length = count;
    } else if (named("host")) {
      if (std::exchange(host, true)) return false;
    } else if (named("transfer-encoding")) {
      // With a length beside it, under HTTP/1.0, twice or as anything else it is refused.
      if (std::exchange(encoding, true) || is_old || !is("chunked")) return false;
      chunked = true;
    } else if (named("connection")) {
      using enum http_head::connection_kind;
      wanted.reset();
      if (is("keep-alive")) wanted = keep_alive;
      if (is("close")) wanted = close;
      if (is("upgrade")) wanted = upgrade;
    } else if (named("upgrade")) {
      websocket = websocket || is("websocket");
    } else if (named("expect")) {
      head_.expects_continue = head_.expects_continue || value.starts_with("100-");
    }
  }
  if ((!host && !is_old) || (chunked && length)) return false;
  if (is_old && head_.method == "POST" && !length && !websocket) return false;
  using body_kind = http_head::body_kind;
  if (chunked)
    head_.body = body_kind::chunked;
  else if (websocket || (head_.method == "CONNECT" && length.value_or(0) == 0))
    head_.body = body_kind::until_end;
  else if (length.value_or(0) != 0)
    head_.body = body_kind::counted;
  head_.length = length.value_or(0);
  using enum http_head::connection_kind;
  head_.connection = wanted.value_or(is_old ? close : keep_alive);
  return true;
}

}  // namespace detail::sandboxed
}  // namespace AUDITOR_ABI
}  // namespace auditor
