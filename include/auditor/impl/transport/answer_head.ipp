// Bodies of transport/answer_head.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/transport/answer_head.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

inline bool answer_head::take(std::string_view line) noexcept {
  // Interim answers count too, so that no server can send them for ever.
  bytes_ += line.size();
  if (bytes_ > most_bytes) return refuse(too_long);
  while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
  if (line.empty()) {
    start_ = true;
    if (status_ >= 200) ready_ = true;
    return true;
  }
  if (start_ && !ready_) return begin(line);
  if (++fields_ > most_fields) return refuse("the head of the answer has more than 100 fields");
  return ready_ || field(line);  // what comes when it is ready is the trailer of an HTTP/2 stream
}

inline response_head answer_head::value() const noexcept {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return {.status = status_,
          .retry_after = parse_retry_after(retry_after_.view(), date_.view(),
                                           std::chrono::duration_cast<std::chrono::seconds>(now).count())};
}

inline void answer_head::short_text::assign(std::string_view text) noexcept {
  size = text.size() <= sizeof bytes ? text.copy(bytes, sizeof bytes) : 0;
}

inline bool answer_head::refuse(std::string_view why) noexcept {
  complaint_ = why;
  return false;
}

inline bool answer_head::begin(std::string_view line) noexcept {
  start_ = chunked_ = false;
  length_.reset();
  date_.size = retry_after_.size = 0;
  status_ = 0;
  multiplexed_ = versions_ == http_versions::any && (line.starts_with("HTTP/2 ") || line.starts_with("HTTP/3 "));
  is_old_ = line.starts_with("HTTP/1.0");
  keeps_ = !is_old_;
  if (!multiplexed_ && !line.starts_with("HTTP/1.1 ") && !line.starts_with("HTTP/1.0 "))
    return refuse("the answer is not HTTP/1.1");
  const std::string_view status = line.substr(line.find(' ') + 1);
  const char* const end = status.data() + (std::min)(status.size(), std::size_t{3});
  const auto [stop, code] = std::from_chars(status.data(), end, status_);
  if (code != std::errc() || stop != status.data() + 3 || status_ < 100 || (status.size() > 3 && status[3] != ' '))
    return refuse("the answer has no status");
  // Nobody asked for another protocol; what follows is not HTTP any more.
  if (status_ == 101) return refuse("the answer changes the protocol");
  return true;
}

inline bool answer_head::field(std::string_view line) noexcept {
  if (line.front() == ' ' || line.front() == '\t') return refuse("the head of the answer has a folded line");
  const std::size_t colon = line.find(':');
  const std::string_view name = line.substr(0, (std::min)(colon, line.size()));
  if (colon == std::string_view::npos || !is_token(name))
    return refuse("the head of the answer has a line that is no field");
  std::string_view value = line.substr(colon + 1);
  while (value.starts_with(' ') || value.starts_with('\t')) value.remove_prefix(1);
  while (value.ends_with(' ') || value.ends_with('\t')) value.remove_suffix(1);

  if (std::any_of(value.begin(), value.end(), [](char c) { return c == '\0' || c == '\r'; }))
    return refuse("the head of the answer has a line that is no field");
  if (same_word(name, "date")) date_.assign(value);
  if (same_word(name, "retry-after")) retry_after_.assign(value);
  if (same_word(name, "content-encoding") && !same_word(value, "identity"))
    return refuse("the answer is compressed, which was not asked for");
  if (same_word(name, "connection")) keeps_ = keeps_ && same_word(value, "keep-alive");
  if (same_word(name, "transfer-encoding")) {
    if (!same_word(value, "chunked") || chunked_ || is_old_) return refuse("the answer has an unknown transfer encoding");
    chunked_ = true;
  }
  if (same_word(name, "content-length")) {
    std::uint64_t number = 0;
    const auto [end, code] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (code != std::errc() || end != value.data() + value.size())
      return refuse("the Content-Length of the answer is not a number");
    if (length_ && *length_ != number) return refuse("the answer has two Content-Lengths");
    length_ = number;
  }
  // Two framings: whoever sits between may have understood the other one.
  return chunked_ && length_ ? refuse("the answer has both Content-Length and chunks") : true;
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
