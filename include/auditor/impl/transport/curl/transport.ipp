// Bodies of transport/curl/transport.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/transport/curl/transport.hpp>

#include <algorithm>
#include <chrono>
#include <span>
#include <utility>

namespace auditor {
inline namespace AUDITOR_ABI {

AUDITOR_DECL curl_transport::stream::~stream() { close(); }

AUDITOR_DECL result<std::size_t> curl_transport::stream::read(std::span<char> into, const call& limits) {
  if (transfer_ == nullptr || into.empty())
    return error(errc::invalid_argument, "read needs an open stream and room for at least one byte");
  if (!session_->is_ours()) return fail(error(errc::connection_lost, detail::answer_of_the_parent));
  transfer_->offer(into);  // what waits here or in libcurl is there at once
  const auto came = [](const detail::curl_transfer& t) { return t.filled() != 0 || t.finished(); };
  if (const error e = wait_until(came, limits, deadline(limits))) return fail(e);
  if (const std::size_t bytes = transfer_->take_back(); bytes != 0) return bytes;
  if (transfer_->failure()) return fail(transfer_->failure());
  close();
  return std::size_t{0};
}

AUDITOR_DECL curl_transport::stream::clock::time_point curl_transport::stream::deadline(const call& limits) noexcept {
  const auto now = clock::now();
  const auto most = std::chrono::duration_cast<ticks>((clock::time_point::max)() - now);
  return limits.timeout >= most ? (clock::time_point::max)() : now + limits.timeout;
}

AUDITOR_DECL error curl_transport::stream::wait_until(bool (*came)(const detail::curl_transfer&), const call& limits,
                                                      clock::time_point end) noexcept {
  while (!came(*transfer_)) {
    const auto left = std::chrono::ceil<ticks>(end - clock::now());
    const bool cancelled = limits.is_cancelled();
    const bool is_last_look = cancelled || left <= ticks::zero();
    const auto pause = is_last_look ? ticks::zero() : (std::min)(left, ticks{100});
    auto code = curl_multi_poll(session_->multi(), nullptr, 0, static_cast<int>(pause.count()), nullptr);
    if (code == CURLM_OK) code = session_->advance();
    if (code != CURLM_OK) return stopped(errc::connection_lost, curl_multi_strerror(code));
    if (!is_last_look || came(*transfer_)) continue;
    return cancelled ? stopped(errc::cancelled, "") : stopped(errc::timed_out, "timed out: ");
  }
  return {};
}

AUDITOR_DECL error curl_transport::stream::stopped(errc code, std::string_view words) const noexcept {
  const bool sent = transfer_->sent();
  error e(sent ? code : errc::connect_failed, words);  // for a cancellation, too: it says that nothing was sent
  e.outcome = sent ? outcome::unknown : outcome::not_applied;
  if (code == errc::timed_out) e.native = static_cast<std::int32_t>(CURLE_OPERATION_TIMEDOUT);
  if (code == errc::connection_lost) return e;
  return e.more(!sent                     ? detail::nothing_sent_yet
                : transfer_->head_ready() ? "in the body of the answer"
                                          : "the request was sent, no answer yet");
}

AUDITOR_DECL error curl_transport::stream::fail(const error& e) noexcept {
  const error copy = e;
  close();
  return copy;
}

AUDITOR_DECL void curl_transport::stream::close() noexcept {
  if (transfer_ != nullptr) session_->release(std::exchange(transfer_, nullptr));
}

AUDITOR_DECL curl_transport::curl_transport(detail::curl_session_ptr session) noexcept : session_(std::move(session)) {}

AUDITOR_DECL result<response_head> curl_transport::open(stream& answer, const request_view& request, const call& limits) {
  answer.close();
  if (limits.is_cancelled()) return error(errc::cancelled, "nothing was sent");
  if (limits.timeout <= ticks::zero()) return error(errc::connect_failed, "timed out: nothing was sent");
  const auto end = stream::deadline(limits);
  if (const error e = detail::curl_session::make_ours(session_)) return e;
  const auto started = session_->start(request);
  if (!started) return started.error();
  answer.session_ = session_.get();
  answer.transfer_ = *started;
  const detail::curl_transfer& transfer = **started;

  session_->advance();  // sends it; there is nothing to wait for yet
  const auto came = [](const detail::curl_transfer& t) { return t.head_ready() || t.finished(); };
  if (const error e = answer.wait_until(came, limits, end)) return answer.fail(e);
  if (!transfer.head_ready()) return answer.fail(transfer.failure());
  const response_head head = transfer.head();
  // libcurl would go on sending from the caller's memory; it stops by itself only after an error status.
  if (head.status < 300 && !transfer.sent_completely()) {
    error e(errc::connection_lost, detail::answered_too_early);
    e.outcome = outcome::unknown;
    return answer.fail(e);
  }
  return head;
}

}  // namespace AUDITOR_ABI
}  // namespace auditor
