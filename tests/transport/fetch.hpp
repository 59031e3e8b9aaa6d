// Whole exchanges over a transport, for tests that look at the result rather than at the steps.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/transport/curl/builder.hpp>

#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

namespace loopback {

// Under a sanitizer everything takes longer, and freed memory stays.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool sanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
inline constexpr bool sanitized = true;
#else
inline constexpr bool sanitized = false;
#endif
#else
inline constexpr bool sanitized = false;
#endif

// Resident memory of this process, in bytes.
inline std::size_t resident() {
  std::size_t pages = 0;
  std::size_t resident_pages = 0;
  std::ifstream("/proc/self/statm") >> pages >> resident_pages;
  return resident_pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

struct fetched {
  auditor::response_head head;
  std::string body;
  auditor::error error;  // of open or read
  bool opened = false;

  bool complete() const { return error.code == auditor::errc::ok; }
};

template <class Stream>
void read_all(Stream& stream, fetched& got, const auditor::call& limits = {}, std::size_t room = 4096) {
  std::vector<char> into(room);
  for (;;) {
    const auto bytes = stream.read(into, limits);
    if (!bytes) got.error = bytes.error();
    if (!bytes || *bytes == 0) return;
    got.body.append(into.data(), *bytes);
  }
}

inline auditor::request_view get(std::string_view target = "/records") {
  return {.method = auditor::verb::get, .target = target, .headers = {}, .body = {}};
}
inline auditor::request_view post(std::string_view body, std::string_view target = "/record") {
  return {.method = auditor::verb::post, .target = target, .headers = {}, .body = body};
}

template <auditor::transport Transport>
fetched fetch(Transport& transport, const auditor::request_view& request = get(), const auditor::call& limits = {},
              std::size_t room = 4096) {
  fetched got;
  typename Transport::stream stream;
  const auto head = transport.open(stream, request, limits);
  if (!head) {
    got.error = head.error();
    return got;
  }
  got.opened = true;
  got.head = *head;
  read_all(stream, got, limits, room);
  return got;
}

// A transport to this port; a test of building itself does not go through here.
inline auditor::curl_transport connect_to(std::uint16_t port) {
  auto built = auditor::curl_builder().address("127.0.0.1", port).build();
  if (!built) std::abort();
  return *std::move(built);
}

class stopwatch {
 public:
  std::int64_t milliseconds() const {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace loopback
