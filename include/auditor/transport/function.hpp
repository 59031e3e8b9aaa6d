// Makes a transport of a function from request to whole answer, for those who have an HTTP client that gives no streams.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/http/transport.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <type_traits>
#include <utility>

namespace auditor {
inline namespace AUDITOR_ABI {

/// A whole answer: only ever made of one that came to its proper end. One that broke off is an error instead.
struct AUDITOR_EXPORT whole_response {
  int status = 0;                 ///< whatever it is: a 500 is an answer, too
  std::string body = {};          ///< decoded from chunks; not compressed
  std::int32_t retry_after = -1;  ///< **Units**: seconds; -1: none
};

/// Calls `function(const request_view&, const call&) -> result<whole_response>` for each request.
///
/// ```cpp
/// auditor::client client{auditor::function_transport{
///     [&house](const auditor::request_view& r, const auditor::call& limits) -> auditor::result<auditor::whole_response> {
///       auto answer = house.send(to_string(r.method), r.target, r.body, limits.timeout);  // never twice
///       if (answer.refused()) return auditor::errc::connect_failed;   // certainly nothing was sent
///       if (answer.broken()) return auditor::errc::connection_lost;   // something may have been
///       return auditor::whole_response{.status = answer.status(), .body = answer.text()};
///     }}};
/// ```
/// The function keeps to the contract of `transport::open`: it sends at most once, follows no redirect, and its error says
/// whether something may have been sent.
/// **Errors**: the function's. **Memory**: each answer is held whole until its stream opens the next; large reads want a
/// transport of streams. **Threads**: the function is called on the thread that calls the client; a visitor that calls the
/// client calls it from within a read. **Lifetime**: what the function refers to outlives the client.
template <class Function>
  requires std::is_invocable_r_v<result<whole_response>, Function&, const request_view&, const call&>
class AUDITOR_EXPORT function_transport {
 public:
  class stream {
   public:
    result<std::size_t> read(std::span<char> into, const call&) {
      const std::size_t n = (std::min)(into.size(), answer_.body.size() - at_);
      if (n != 0) std::memcpy(into.data(), answer_.body.data() + at_, n);
      at_ += n;
      return n;
    }

   private:
    friend class function_transport;
    whole_response answer_;
    std::size_t at_ = 0;
  };

  /// Calls this for each request.
  explicit function_transport(Function function) : function_(std::move(function)) {}

  /// The whole exchange happens in here: `read` only copies.
  result<response_head> open(stream& s, const request_view& request, const call& limits) {
    result<whole_response> answer = function_(request, limits);
    if (!answer) return answer.error();
    s.answer_ = std::move(*answer);
    s.at_ = 0;
    return response_head{s.answer_.status, s.answer_.retry_after};
  }

 private:
  Function function_;
};

}  // namespace AUDITOR_ABI
}  // namespace auditor
