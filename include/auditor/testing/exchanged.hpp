// One exchange over any transport, from its request to its end, for suites that look at what came of it.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/http/transport.hpp>

#include <chrono>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace testing::detail {

using clock = std::chrono::steady_clock;

inline std::string named(const error& e) {
  return std::string(to_string(e.code))
      .append(e.words().empty() ? "" : " (")
      .append(e.words())
      .append(e.words().empty() ? "" : ")");
}

// One exchange from its request to its end.
struct exchanged {
  bool opened = false;
  response_head head;
  std::string body;
  error failed;  // of open or of read
  std::string misuse;

  bool complete() const { return failed.code == errc::ok; }
  std::string told() const {
    if (!misuse.empty()) return misuse;
    if (!opened) return "open: " + named(failed);
    return "status " + std::to_string(head.status) + ", " + std::to_string(body.size()) + " bytes, " +
           (complete() ? std::string("complete") : "read: " + named(failed));
  }
};

constexpr std::size_t runaway = 64'000'000;

// Only a transport that hangs and ignores time-outs hangs the suite.
inline constexpr call unhurried{.timeout = ticks{10'000}, .cancelled = nullptr};

template <class Stream>
void read_all(Stream& s, exchanged& got, const call& limits, std::size_t room, std::size_t most = runaway) {
  constexpr char untouched = '\x5A';
  std::vector<char> into(room + 1, untouched);
  while (got.body.size() < most) {
    const result<std::size_t> bytes = s.read(std::span(into).first(room), limits);
    if (!bytes) got.failed = bytes.error();
    if (!bytes || *bytes == 0) return;
    if (*bytes > room || into[room] != untouched) {
      got.misuse = "read gave more bytes than it had room for";
      return;
    }
    got.body.append(into.data(), *bytes);
  }
}

template <class Transport>
exchanged fetch(Transport& through, typename Transport::stream& s, const request_view& request,
                const call& limits = unhurried, std::size_t room = 4096) {
  exchanged got;
  const result<response_head> head = through.open(s, request, limits);
  got.opened = head.has_value();
  if (!head) {
    got.failed = head.error();
    return got;
  }
  got.head = *head;
  read_all(s, got, limits, room);
  return got;
}
template <class Transport>
exchanged fetch(Transport& through, const request_view& request, const call& limits = unhurried, std::size_t room = 4096) {
  typename Transport::stream s{};
  return fetch(through, s, request, limits, room);
}

inline request_view get(std::string_view target) {
  return {.method = verb::get, .target = target, .headers = {}, .body = {}};
}
inline constexpr header json_type[] = {{"Content-Type", "application/json"}};
inline request_view post(std::string_view target, std::string_view body) {
  return {.method = verb::post, .target = target, .headers = json_type, .body = body};
}

// Text in which no part can be mistaken for another one.
inline std::string numbered(std::size_t bytes) {
  std::string text;
  for (std::size_t i = 0; text.size() < bytes; ++i) text.append(std::to_string(i)).append(" ");
  text.resize(bytes);
  return text;
}

inline std::string_view target_of(std::string_view request) {
  const std::size_t from = request.find(' ') + 1;
  return request.substr(from, request.find(' ', from) - from);
}

}  // namespace testing::detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
