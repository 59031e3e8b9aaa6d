// One exchange over any transport, from its request to its end, for suites that look at what came of it.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/http/transport.hpp>
#include <auditor/testing/bodies.hpp>

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

std::string named(const error& e);

// One exchange from its request to its end.
struct exchanged {
  bool opened = false;
  response_head head;
  std::string body;
  error failed;  // of open or of read
  std::string misuse;

  bool complete() const { return failed.code == errc::ok; }
  std::string told() const;
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

request_view get(std::string_view target);
inline constexpr header json_type[] = {{"Content-Type", "application/json"}};
request_view post(std::string_view target, std::string_view body);

// Text in which no part can be mistaken for another one.
std::string numbered(std::size_t bytes);

std::string_view target_of(std::string_view request);

}  // namespace testing::detail
}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_TESTING_BODIES
#include <auditor/impl/testing/exchanged.ipp>
#endif
