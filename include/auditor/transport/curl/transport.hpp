// The reference transport: blocking HTTP on libcurl.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/http/transport.hpp>
#include <auditor/transport/curl/session.hpp>

#include <algorithm>
#include <chrono>
#include <span>
#include <utility>

namespace auditor {
inline namespace AUDITOR_ABI {

/// Speaks HTTP/1.1 (or HTTP/2 over TLS) to one Auditor. Made by `curl_builder`.
///
/// ```cpp
/// auditor::client client{auditor::curl_builder().address("localhost", 8000).build().value()};
/// ```
/// Connections are kept for 3 s of silence. A request is sent at most once: when a kept connection turns out to be gone,
/// the call ends with `connection_lost` and repeating is left to whoever knows what the request was. No redirects, no
/// proxy unless asked, no cookies, no .netrc, no compression.
///
/// **Errors**: those of the `transport` concept; `native` is the CURLcode, the text is libcurl's. A time-out before a
/// connection was ready is `connect_failed`. `tls_failed` also stands for a server that turned down our certificate
/// after a TLS 1.3 handshake: its words prove that the request was not looked at.
/// **Threads**: one at a time for a transport and all its streams. After `fork` a child that uses it begins with connections
/// of its own, and the parent keeps its own; an answer that was being read is the parent's.
/// **Memory**: about 100 KB a stream that is or was open at the same time as others, however slowly it is read: 16 KB here
/// and libcurl's buffers. Under HTTP/2 libcurl may hold up to 32 MiB for a stream that is not read.
/// **Lifetime**: it may be moved while no stream is open, and outlives its streams.
class AUDITOR_EXPORT curl_transport {
 public:
  class AUDITOR_EXPORT stream {
   public:
    stream() = default;
    stream(const stream&) = delete;
    stream& operator=(const stream&) = delete;
    ~stream() { close(); }

    /// At least one byte of the body as soon as there are some, or 0 at its proven end. An answer that is there already wins
    /// against a deadline that has passed. **Errors**: `connection_lost`, `timed_out`, `cancelled`, all with an unknown outcome;
    /// `invalid_argument` before an `open` and without room.
    result<std::size_t> read(std::span<char> into, const call& limits) {
      if (transfer_ == nullptr || into.empty())
        return error(errc::invalid_argument, "read needs an open stream and room for at least one byte");
      if (!session_->is_ours()) return fail(error(errc::connection_lost, detail::answer_of_the_parent));
      const auto end = deadline(limits);
      transfer_->offer(into);
      for (bool waited = false; transfer_->filled() == 0 && !transfer_->finished(); waited = true)
        if (const error e = step(limits, end, waited)) return fail(e);
      if (const std::size_t bytes = transfer_->take_back(); bytes != 0) return bytes;
      if (transfer_->failure()) return fail(transfer_->failure());
      close();
      return std::size_t{0};
    }

   private:
    friend class curl_transport;
    using clock = std::chrono::steady_clock;

    static clock::time_point deadline(const call& limits) noexcept {
      const auto now = clock::now();
      const auto most = std::chrono::duration_cast<ticks>((clock::time_point::max)() - now);
      return limits.timeout >= most ? (clock::time_point::max)() : now + limits.timeout;
    }

    // Looks first and waits after, so that an answer which is there wins against a deadline that has passed.
    error step(const call& limits, clock::time_point end, bool wait) noexcept {
      if (wait) {
        if (limits.is_cancelled()) return stopped(errc::cancelled, "");
        const auto left = std::chrono::ceil<ticks>(end - clock::now());
        if (left <= ticks::zero()) return stopped(errc::timed_out, "timed out: ");
        const auto code =
            curl_multi_poll(session_->multi(), nullptr, 0, static_cast<int>((std::min)(left, ticks{100}).count()), nullptr);
        if (code != CURLM_OK) return stopped(errc::connection_lost, curl_multi_strerror(code));
      }
      const auto code = session_->advance();
      return code == CURLM_OK ? error{} : stopped(errc::connection_lost, curl_multi_strerror(code));
    }

    // What ends a call from our side.
    error stopped(errc code, std::string_view words) const noexcept {
      const bool sent = transfer_->sent();
      error e(code == errc::cancelled || sent ? code : errc::connect_failed, words);
      e.outcome = sent ? outcome::unknown : outcome::not_applied;
      if (code == errc::timed_out) e.native = static_cast<std::int32_t>(CURLE_OPERATION_TIMEDOUT);
      if (code == errc::connection_lost) return e;
      return e.more(!sent                     ? detail::nothing_sent_yet
                    : transfer_->head_ready() ? "in the body of the answer"
                                              : "the request was sent, no answer yet");
    }

    error fail(const error& e) noexcept {
      const error copy = e;
      close();
      return copy;
    }

    void close() noexcept {
      if (transfer_ != nullptr) session_->release(std::exchange(transfer_, nullptr));
    }

    detail::curl_session* session_ = nullptr;
    detail::curl_transfer* transfer_ = nullptr;
  };

  // For builders.
  /// Made by `curl_builder`.
  explicit curl_transport(detail::curl_session_ptr session) noexcept : session_(std::move(session)) {}

  /// Sends the request, on a kept connection or a new one, and waits for the head of the answer.
  /// **Errors**: those of the concept; `busy` when `max_connections` streams are open.
  result<response_head> open(stream& answer, const request_view& request, const call& limits) {
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

    for (bool waited = false; !transfer.head_ready() && !transfer.finished(); waited = true)
      if (const error e = answer.step(limits, end, waited)) return answer.fail(e);
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

 private:
  detail::curl_session_ptr session_;
};

static_assert(transport<curl_transport>);

}  // namespace AUDITOR_ABI
}  // namespace auditor
