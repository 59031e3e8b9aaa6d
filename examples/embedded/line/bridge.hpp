// The other end of a device's line: takes requests in frames, sends each to Auditor once, and gives the answer when the device asks for it.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "frame.hpp"

#include <auditor/http/transport.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <future>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace line {

/// One device's. `take` returns soon: what the transport does takes place on a thread of its own.
template <auditor::transport Transport>
class bridge {
 public:
  explicit bridge(Transport through) : through_(std::move(through)) {}
  ~bridge() { forget(); }
  bridge(const bridge&) = delete;
  bridge& operator=(const bridge&) = delete;

  /// Bytes that have come over the line; gives those to send back.
  std::string take(std::string_view bytes) {
    std::string back;
    for (const char each : bytes)
      if (frames_.take(each)) back += answer(frames_.get());
    return back;
  }

 private:
  static constexpr std::size_t most_request = 4'000'000;
  static constexpr std::chrono::milliseconds hold{100};  // shorter than the device's patience

  // Empty for a frame that was answered before the last one.
  std::string answer(const frame& asked) {
    if (asked.what == kind::hello && asked.exchange != exchange_) {
      forget();
      exchange_ = asked.exchange;
      step_ = static_cast<std::uint16_t>(asked.step - 1);
    }
    // After a restart: what became of a request that the bridge before has got, nobody knows.
    if (asked.exchange != exchange_) return encoded(asked, kind::failed, "lthe bridge was started anew");
    if (asked.step == step_) return last_;
    if (asked.step != static_cast<std::uint16_t>(step_ + 1)) return {};
    step_ = asked.step;
    last_ = act(asked);
    return last_;
  }

  std::string act(const frame& asked) {
    switch (asked.what) {
      case kind::hello: return encoded(asked, kind::taken, {});
      case kind::more:
      case kind::last:
        if (sent_ || request_.size() + asked.payload.size() > most_request)
          return encoded(asked, kind::failed, "rtoo much for a request");
        request_ += asked.payload;
        if (asked.what == kind::last && !send()) return encoded(asked, kind::failed, "rno request that the bridge knows");
        return encoded(asked, kind::taken, {});
      case kind::next: return sent_ ? next(asked) : encoded(asked, kind::failed, "rnothing was asked");
      default: return encoded(asked, kind::failed, "rthe bridge does not know this kind of frame");
    }
  }

  bool send() {
    const auto line_end = [this](std::size_t from) { return request_.find('\n', from); };
    const std::string_view text = request_;
    const std::size_t space = text.find(' '), first = line_end(0);
    if (first == std::string::npos || space > first) return false;
    auditor::request_view request;
    const std::string_view method = text.substr(0, space);
    if (method == "POST")
      request.method = auditor::verb::post;
    else if (method == "PUT")
      request.method = auditor::verb::put;
    else if (method != "GET")
      return false;
    request.target = text.substr(space + 1, first - space - 1);
    headers_.clear();
    std::size_t at = first + 1;
    for (std::size_t end; (end = line_end(at)) != at; at = end + 1) {
      if (end == std::string::npos) return false;
      const std::string_view field = text.substr(at, end - at);
      const std::size_t colon = field.find(": ");
      if (colon == std::string_view::npos) return false;
      headers_.push_back({field.substr(0, colon), field.substr(colon + 2)});
    }
    request.headers = headers_;
    request.body = text.substr(at + 1);
    sent_ = true;
    head_ =
        std::async(std::launch::async, [this, request] { return through_.open(*stream_, request, {.cancelled = &stop_}); });
    return true;
  }

  std::string next(const frame& asked) {
    if (head_.valid()) {
      if (head_.wait_for(hold) != std::future_status::ready) return encoded(asked, kind::not_yet, {});
      const auto head = head_.get();
      if (!head) return failed(asked, head.error());
      char told[6];
      put_number(told, static_cast<std::uint16_t>(head->status));
      put_number(told + 2, static_cast<std::uint32_t>(head->retry_after));
      return encoded(asked, kind::head, {told, sizeof told});
    }
    if (body_.empty()) {
      if (!more_.valid())
        more_ = std::async(std::launch::async, [this] { return stream_->read(buffer_, {.cancelled = &stop_}); });
      if (more_.wait_for(hold) != std::future_status::ready) return encoded(asked, kind::not_yet, {});
      const auto n = more_.get();
      if (!n) return failed(asked, n.error());
      if (*n == 0) {
        sent_ = false;
        return encoded(asked, kind::end, {});
      }
      body_ = {buffer_.data(), *n};
    }
    const std::string_view part = body_.substr(0, most_payload);
    body_.remove_prefix(part.size());
    return encoded(asked, kind::body, part);
  }

  std::string failed(const frame& asked, const auditor::error& e) {
    sent_ = false;  // nobody reads behind an error
    failure why = failure::lost;
    if (e.code == auditor::errc::connect_failed || e.code == auditor::errc::busy) why = failure::not_sent;
    if (e.code == auditor::errc::tls_failed) why = failure::no_tls;
    if (e.code == auditor::errc::invalid_argument) why = failure::refused;
    return encoded(asked, kind::failed, static_cast<char>(why) + std::string(e.words()));
  }

  static std::string encoded(const frame& asked, kind what, std::string_view payload) {
    std::string bytes;
    frame_writer out([&bytes](std::string_view some) { return bytes += some, true; }, what, asked.exchange, asked.step);
    out.add(payload);
    out.finish();
    return bytes;
  }

  // Nobody wants to know any more how the exchange ends.
  void forget() {
    stop_.request();
    if (head_.valid()) static_cast<void>(head_.get());
    if (more_.valid()) static_cast<void>(more_.get());
    stop_.reset();
    stream_.emplace();
    request_.clear();
    sent_ = false;
    body_ = {};
  }

  frame_reader frames_;
  Transport through_;
  auditor::cancel_flag stop_;
  std::optional<typename Transport::stream> stream_{std::in_place};
  std::optional<std::uint32_t> exchange_;
  std::uint16_t step_ = 0;
  std::string last_;  // the answer to it
  std::string request_;
  std::vector<auditor::header> headers_;  // of the request
  bool sent_ = false;
  std::future<auditor::result<auditor::response_head>> head_;
  std::future<auditor::result<std::size_t>> more_;
  std::vector<char> buffer_ = std::vector<char>(16'384);
  std::string_view body_;  // of the buffer, what the device has not got yet
};

}  // namespace line
