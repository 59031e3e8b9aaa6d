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

/// A whole answer: only ever made of one that came to its proper end.
struct AUDITOR_EXPORT whole_response {
  int status = 0;
  std::string body;
  std::int32_t retry_after = -1;  ///< **Units**: seconds; -1: none
};

/// Calls `function(const request_view&, const call&) -> result<whole_response>` for each request.
///
/// The function keeps to the contract of `transport::open`: it sends at most once, follows no redirect, and its error says
/// whether something may have been sent. **Memory**: each answer is held whole; large reads want a transport of streams.
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

  explicit function_transport(Function function) : function_(std::move(function)) {}

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
