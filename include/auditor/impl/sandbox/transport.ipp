// Bodies of sandbox/transport.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/sandbox/transport.hpp>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <utility>

namespace auditor {
inline namespace AUDITOR_ABI {

AUDITOR_DECL result<std::size_t> sandbox_transport::stream::read(std::span<char> into, const call& limits) {
  if (limits.is_cancelled()) return errc::cancelled;
  if (given_ == piece_.size()) {
    auto next = body_.next();
    if (!next) {
      if (body_.is_lost()) return error(errc::connection_lost, "the sandbox broke the answer off");
      ticks waited{0};
      if (const errc over = pass(*server_, std::exchange(pause_, ticks::zero()), waited, limits); over != errc::ok)
        return over;
      return std::size_t{0};
    }
    piece_ = std::move(*next);
    given_ = 0;
  }
  const std::size_t n = (std::min)(into.size(), piece_.size() - given_);
  std::memcpy(into.data(), piece_.data() + given_, n);
  given_ += n;
  return n;
}

AUDITOR_DECL result<response_head> sandbox_transport::open(stream& s, const request_view& request, const call& limits) {
  s = stream{};
  if (limits.is_cancelled()) return errc::cancelled;
  sandbox_request asked{to_string(request.method), request.target, {}, request.body};
  for (const header& h : request.headers)
    if (is_content_type(h.name)) asked.content_type = h.value;

  constexpr ticks step{10};
  ticks waited{0};
  while (waited < server_->connection_wait() && server_->must_wait(asked))
    if (const errc over = pass(*server_, step, waited, limits); over != errc::ok) return over;
  sandbox_response answer = server_->handle(asked);
  switch (answer.what_happens) {
    case sandbox_response::fate::refused: return error(errc::connect_failed, "the sandbox refused the connection");
    case sandbox_response::fate::lost: return error(errc::connection_lost, "the sandbox lost the request or its answer");
    case sandbox_response::fate::arrives: break;
  }
  if (answer.is_streamed)
    s.pause_ = answer.pause;
  else if (const errc over = pass(*server_, answer.pause, waited, limits); over != errc::ok)
    return over;
  s.server_ = server_;
  s.body_ = std::move(answer.body);
  response_head head;
  head.status = answer.status;
  const std::string_view wait = answer.header("Retry-After");
  std::int32_t seconds = -1;
  const auto [stop, failure] = std::from_chars(wait.data(), wait.data() + wait.size(), seconds);
  if (failure == std::errc{} && stop == wait.data() + wait.size() && seconds >= 0) head.retry_after = seconds;
  return head;
}

AUDITOR_DECL errc sandbox_transport::pass(sandbox& server, ticks time, ticks& waited, const call& limits) {
  const ticks most = (std::min)(time, limits.timeout - waited);
  server.wait(most);
  waited += most;
  if (limits.is_cancelled()) return errc::cancelled;
  return most < time ? errc::timed_out : errc::ok;
}

AUDITOR_DECL bool sandbox_transport::is_content_type(std::string_view name) noexcept {
  constexpr std::string_view wanted = "content-type";
  return name.size() == wanted.size() &&
         std::equal(name.begin(), name.end(), wanted.begin(), [](char a, char b) { return a == b || (a | 32) == b; });
}

}  // namespace AUDITOR_ABI
}  // namespace auditor
