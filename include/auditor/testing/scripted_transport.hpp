// A transport for tests: plays answers written beforehand, fails where it is told to, and keeps what was sent.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/result.hpp>
#include <auditor/base/text.hpp>
#include <auditor/http/transport.hpp>
#include <auditor/testing/bodies.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace testing {

/// One answer, and where it fails: `reply::with(500, "RECORD_EXISTS")`, `reply::fails(errc::connection_lost)`,
/// `reply::with(200, records).cut_after(100).in_chunks_of(7)`.
struct reply {
  int status = 200;                                                      ///< of HTTP
  std::string body;                                                      ///< of the answer
  std::int32_t retry_after = -1;                                         ///< **Units**: seconds; -1: none
  errc open_fails{};                                                     ///< instead of a head; `ok`: it does not fail
  std::size_t breaks_after = (std::numeric_limits<std::size_t>::max)();  ///< bytes of the body, then `breaks_with`
  errc breaks_with = errc::connection_lost;                              ///< then
  std::size_t chunk = (std::numeric_limits<std::size_t>::max)();         ///< most bytes that one read gives
  cancel_flag* cancels = nullptr;                                        ///< requested when this answer is opened

  /// An empty 200: "stored", or no records.
  static reply ok() { return {}; }
  /// An answer of this status with this body.
  static reply with(int code, auditor::detail::owned_text text = "");
  /// No answer at all: this from `open`.
  static reply fails(errc code);
  /// The body ends so: `read` gives this many bytes, then the error.
  reply cut_after(std::size_t bytes, errc with = errc::connection_lost) &&;
  reply in_chunks_of(std::size_t bytes) &&;
};

/// A request as it came out of the client, copied.
struct sent_request {
  verb method{};                                             ///< GET, POST or PUT
  std::string target;                                        ///< the path and the query, percent-encoded
  std::string body;                                          ///< JSON, whole
  std::vector<std::pair<std::string, std::string>> headers;  ///< names and values
  ticks timeout{};                                           ///< that of the call's first step

  /// `POST /record`
  std::string line() const { return std::string(to_string(method)) + ' ' + target; }
};

/// Satisfies `transport`. Copies share one script, so that a test keeps a handle on what it gave to a client.
///
/// ```cpp
/// using auditor::testing::reply;
/// auditor::testing::scripted_transport wire{reply::fails(auditor::errc::connection_lost), reply::ok()};
/// auditor::client client(wire, auditor::testing::manual_executor(), {});  // its waits take no time
/// CHECK(client.add(record));                                              // the second attempt
/// CHECK(wire.sent().size() == 2);
/// CHECK(wire.sent()[0].line() == "POST /record");
/// ```
/// **Errors**: a request behind the last reply fails with `connect_failed` and the words "the script is over". For an Auditor
/// that keeps what it is sent, take the sandbox. **Memory**: each request is copied. **Threads**: one, for all copies.
class scripted_transport {
 public:
  class stream {
   public:
    result<std::size_t> read(std::span<char> into, const call&);

   private:
    friend class scripted_transport;
    reply answer_;
    std::size_t at_ = 0;
  };

  scripted_transport() : script_(std::make_shared<script>()) {}
  /// With these answers, in this order.
  scripted_transport(std::initializer_list<reply> replies);

  /// The answer of the next request that has none yet; also while the client is at work.
  scripted_transport& expect(reply next) &;
  scripted_transport expect(reply next) && { return std::move(expect(std::move(next))); }

  result<response_head> open(stream& s, const request_view& request, const call& limits);

  /// All requests so far, in their order. **Lifetime**: the reference is good until the next request.
  const std::vector<sent_request>& sent() const noexcept { return script_->sent; }
  /// Replies that nobody asked for.
  std::size_t left() const noexcept { return script_->replies.size(); }

 private:
  struct script {
    std::deque<reply> replies;
    std::vector<sent_request> sent;
  };
  std::shared_ptr<script> script_;
};
static_assert(transport<scripted_transport>);

}  // namespace testing
}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_TESTING_BODIES
#include <auditor/impl/testing/scripted_transport.ipp>
#endif
