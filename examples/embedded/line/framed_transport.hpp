// A transport over a serial line: requests and answers in frames, each sent again until it is answered, without a heap.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "frame.hpp"

#include <auditor/base/result.hpp>
#include <auditor/http/transport.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <utility>

namespace line {

/// What the transport asks of a line: a UART, a USB device, a pipe.
/// - `read`: what has come, at most as much as there is room for; waits until something has, but no longer than it is told; 0: nothing came;
/// - `write`: sends all of it; false: the line is gone;
/// - `now`: a monotonic clock, from any origin.
template <class Line>
concept serial = requires(Line& through, std::span<char> into, std::string_view bytes, auditor::ticks longest) {
  { through.read(into, longest) } -> std::same_as<std::size_t>;
  { through.write(bytes) } -> std::same_as<bool>;
  { through.now() } -> std::same_as<auditor::ticks>;
};

struct patience {
  auditor::ticks repeat{250};     // a frame without an answer is sent again after this
  auditor::ticks silence{1'500};  // of the bridge: after this nobody is there
};

/// One channel: a second `open` while a body is being read is `busy`. **Errors**: `connect_failed` until the bridge has greeted, and when it says
/// that it sent nothing; behind that `connection_lost`. **Memory**: some 300 bytes of its own. **Lifetime**: the line outlives it.
template <serial Line>
class framed_transport {
 public:
  class stream {
   public:
    stream() = default;
    stream(const stream&) = delete;
    stream& operator=(const stream&) = delete;
    ~stream() { let_go(); }

    auditor::result<std::size_t> read(std::span<char> into, const auditor::call& limits) {
      if (through_ == nullptr) return auditor::error(auditor::errc::invalid_argument, "read needs an open stream");
      auto got = through_->read(into, limits);
      if (!got || *got == 0) let_go();
      return got;
    }

   private:
    friend framed_transport;
    void let_go() {
      if (through_ != nullptr) through_->reader_of_body_ = nullptr;
      through_ = nullptr;
    }
    framed_transport* through_ = nullptr;
  };

  /// `first_exchange`: random, so that after a reset the bridge does not take a new exchange for the one before.
  framed_transport(Line& through, std::uint32_t first_exchange, patience waits = {})
      : line_(&through), exchange_(first_exchange), waits_(waits) {}

  auditor::result<auditor::response_head> open(stream& s, const auditor::request_view& request,
                                               const auditor::call& limits) {
    if (reader_of_body_ != nullptr && reader_of_body_ != &s) return auditor::errc::busy;
    s.let_go();
    const auditor::ticks end = deadline(limits);
    ++exchange_;
    step_ = 0;

    // The hello holds nothing of the request: who gets no answer to it knows that nothing was sent.
    if (const auditor::error e = exchange_frames(kind::hello, request, 0, 0, limits, end))
      return e.code == auditor::errc::cancelled
                 ? e
                 : auditor::error(auditor::errc::connect_failed, "nobody answers at the other end of the line");
    const std::size_t size = size_of(request);
    for (std::size_t at = 0; at < size;) {
      const std::size_t n = (std::min)(most_payload, size - at);
      const kind what = at + n == size ? kind::last : kind::more;
      if (const auditor::error e = exchange_frames(what, request, at, n, limits, end)) return e;
      if (answer_.what != kind::taken) return misunderstood();
      at += n;
    }
    if (const auditor::error e = ask_for_next(limits, end)) return e;
    if (answer_.what != kind::head || answer_.payload.size() != 6) return misunderstood();
    s.through_ = this;
    reader_of_body_ = &s;
    body_ = {};
    return auditor::response_head{get_number<std::uint16_t>(answer_.payload.data()),
                                  static_cast<std::int32_t>(get_number<std::uint32_t>(answer_.payload.data() + 2))};
  }

 private:
  auditor::result<std::size_t> read(std::span<char> into, const auditor::call& limits) {
    if (body_.empty()) {
      if (const auditor::error e = ask_for_next(limits, deadline(limits))) return e;
      if (answer_.what == kind::end) return std::size_t{0};
      if (answer_.what != kind::body || answer_.payload.empty()) return misunderstood();
      body_ = answer_.payload;
    }
    const std::size_t n = (std::min)(into.size(), body_.size());
    std::memcpy(into.data(), body_.data(), n);
    body_.remove_prefix(n);
    return n;
  }

  auditor::error ask_for_next(const auditor::call& limits, auditor::ticks end) {
    do {
      if (const auditor::error e = exchange_frames(kind::next, {}, 0, 0, limits, end)) return e;
    } while (answer_.what == kind::not_yet);
    return {};
  }

  // One frame with `size` bytes of the request's text from `at` on, and its answer.
  auditor::error exchange_frames(kind what, const auditor::request_view& request, std::size_t at, std::size_t size,
                                 const auditor::call& limits, auditor::ticks end) {
    constexpr auditor::ticks step{20};  // the flag is looked at so often
    ++step_;
    const auditor::ticks begin = line_->now();
    for (;;) {
      if (limits.is_cancelled()) return auditor::errc::cancelled;
      if (!send(what, request, at, size))
        return auditor::error(auditor::errc::connection_lost, "the line takes nothing more");
      for (const auditor::ticks sent = line_->now();;) {
        char some[64];
        const std::size_t n = line_->read(some, step);
        // What comes behind the answer can only be the same answer again: it is left.
        for (std::size_t i = 0; i < n; ++i)
          if (frames_.take(some[i]) && is_answer()) return told();
        if (limits.is_cancelled()) return auditor::errc::cancelled;
        if (line_->now() >= end) return auditor::errc::timed_out;
        if (line_->now() - sent >= waits_.repeat) break;
      }
      if (line_->now() - begin >= waits_.silence)
        return auditor::error(auditor::errc::connection_lost, "the other end of the line has fallen silent");
    }
  }
  bool send(kind what, const auditor::request_view& request, std::size_t at, std::size_t size) {
    frame_writer out([this](std::string_view bytes) { return line_->write(bytes); }, what, exchange_, step_);
    for_each_part(request, [&](std::string_view part) {
      const std::size_t skipped = (std::min)(at, part.size());
      part = {part.data() + skipped, (std::min)(size, part.size() - skipped)};
      out.add(part);
      at -= skipped;
      size -= part.size();
    });
    return out.finish();
  }
  bool is_answer() {
    answer_ = frames_.get();
    return answer_.exchange == exchange_ && answer_.step == step_;
  }
  auditor::error told() const {
    if (answer_.what != kind::failed) return {};
    if (answer_.payload.empty()) return misunderstood();
    auditor::errc code = auditor::errc::connection_lost;
    switch (static_cast<failure>(answer_.payload[0])) {
      case failure::not_sent: code = auditor::errc::connect_failed; break;
      case failure::no_tls: code = auditor::errc::tls_failed; break;
      case failure::refused: code = auditor::errc::invalid_argument; break;
      case failure::lost: break;
    }
    return auditor::error(code, std::string_view(answer_.payload.data() + 1, answer_.payload.size() - 1));
  }

  // The request as text: POST /record, a line for each header, an empty one, and the body.
  template <class Visit>
  static void for_each_part(const auditor::request_view& request, Visit visit) {
    for (const std::string_view part :
         {to_string(request.method), std::string_view(" "), request.target, std::string_view("\n")})
      visit(part);
    for (const auditor::header& each : request.headers)
      for (const std::string_view part : {each.name, std::string_view(": "), each.value, std::string_view("\n")})
        visit(part);
    visit(std::string_view("\n"));
    visit(request.body);
  }
  static std::size_t size_of(const auditor::request_view& request) {
    std::size_t size = 0;
    for_each_part(request, [&size](std::string_view part) { size += part.size(); });
    return size;
  }

  auditor::ticks deadline(const auditor::call& limits) {
    const auditor::ticks now = line_->now();
    return limits.timeout < (auditor::ticks::max)() - now ? now + limits.timeout : (auditor::ticks::max)();
  }
  static auditor::error misunderstood() {
    return {auditor::errc::connection_lost, "the other end of the line speaks something else"};
  }

  Line* line_;
  std::uint32_t exchange_;
  std::uint16_t step_ = 0;
  patience waits_;
  frame_reader frames_;
  frame answer_;
  std::string_view body_;  // of the answer that came last, what was not read yet
  stream* reader_of_body_ = nullptr;
};

}  // namespace line
