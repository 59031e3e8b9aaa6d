// A transport over a board's line and an executor of its clock: what a program must bring, as little of it as does.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "../../examples/embedded/board/board.hpp"

#include <auditor/auditor.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

// Requests and answers are lines, and a length before what is no line: enough to be measured, not to be relied upon.
class line_transport {
 public:
  class stream {
   public:
    auditor::result<std::size_t> read(std::span<char> into, const auditor::call& limits) {
      into = into.first((std::min)(into.size(), left_));
      if (into.empty()) return std::size_t{0};
      const std::size_t n = receive(into, limits);
      if (n == 0) return auditor::errc::timed_out;
      left_ -= n;
      return n;
    }

   private:
    friend line_transport;
    std::size_t left_ = 0;
  };

  auditor::result<auditor::response_head> open(stream& s, const auditor::request_view& request,
                                               const auditor::call& limits) {
    using namespace std::string_view_literals;  // not of a char*, which brings strlen along
    for (const std::string_view part : {to_string(request.method), " "sv, request.target, "\n"sv, request.body, "\n"sv})
      board::write(part);
    char head[8];  // three digits of status, five of length
    for (std::span<char> left = head; !left.empty();) {
      const std::size_t n = receive(left, limits);
      if (n == 0) return auditor::errc::timed_out;
      left = left.subspan(n);
    }
    s.left_ = static_cast<std::size_t>(number({head + 3, 5}));
    return auditor::response_head{.status = number({head, 3})};
  }

 private:
  static std::size_t receive(std::span<char> into, const auditor::call& limits) {
    const std::uint32_t begin = board::milliseconds();
    for (;;) {
      if (const std::size_t n = board::read(into); n != 0) return n;
      if (board::milliseconds() - begin >= limits.timeout.count()) return 0;
    }
  }
  static int number(std::string_view digits) {
    int n = 0;
    for (const char each : digits) n = n * 10 + (each - '0');
    return n;
  }
};

struct board_executor {
  auditor::ticks now() { return auditor::ticks{board::milliseconds()}; }
  std::uint64_t random() { return board::milliseconds() * 2654435761U; }
  void sleep_until(auditor::ticks time, const auditor::cancel_flag* cancelled) {
    while (now() < time && !(cancelled != nullptr && *cancelled)) continue;
  }
};
