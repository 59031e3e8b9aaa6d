// The wire of the fault programme, on which a request may also be carried out long after its answer was given up, and the process may end.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "../fault/model_server.hpp"

#include <auditor/http/transport.hpp>

#include <cstddef>
#include <span>
#include <utility>

namespace queue_test {

/// Thrown by the transport: the process is no more.
struct crash {};

/// What a history does around each request; either may throw `crash`. **Lifetime**: it outlives the transport.
class around_requests {
 public:
  /// Before a request: time has passed.
  virtual void before(const auditor::request_view& request) = 0;
  /// Behind it, and before its answer is read.
  virtual void behind(const auditor::request_view& request, bool may_come_late) = 0;

 protected:
  ~around_requests() = default;
};

class late_transport {
 public:
  class stream {
   public:
    auditor::result<std::size_t> read(std::span<char> into, const auditor::call& limits) {
      return die_if_cancelled(*server_, server_->read(state_, into, limits));
    }

   private:
    friend class late_transport;
    fault::model_server* server_ = nullptr;
    fault::model_server::stream_state state_;
  };

  late_transport(fault::model_server& server, around_requests& around) noexcept : server_(&server), around_(&around) {}

  auditor::result<auditor::response_head> open(stream& s, const auditor::request_view& request,
                                               const auditor::call& limits) {
    s.server_ = server_;
    around_->before(request);
    auto head = server_->open(s.state_, request, limits);
    const fault::seen_request& seen = server_->requests.back();
    const bool may_come_late = request.method != auditor::verb::get && !seen.applied && !seen.certain &&
                               !s.state_.certain && seen.met != fault::mishap::none && seen.met != fault::mishap::refuse;
    around_->behind(request, may_come_late);
    return die_if_cancelled(*server_, std::move(head));
  }

 private:
  template <class Answer>
  static Answer die_if_cancelled(fault::model_server& server, Answer answer) {
    if (!std::exchange(server.cancelled, false)) return answer;
    throw crash();
  }

  fault::model_server* server_;
  around_requests* around_;
};

}  // namespace queue_test
