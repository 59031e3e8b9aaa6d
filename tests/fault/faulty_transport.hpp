// The wire between the client and the model: a transport that carries what the model says.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "model_server.hpp"

#include <auditor/http/transport.hpp>

#include <cstddef>
#include <span>

namespace fault {

/// **Lifetime**: the model outlives it.
class faulty_transport {
 public:
  class stream {
   public:
    auditor::result<std::size_t> read(std::span<char> into, const auditor::call& limits) {
      return server_->read(state_, into, limits);
    }

   private:
    friend class faulty_transport;
    model_server* server_ = nullptr;
    model_server::stream_state state_;
  };

  explicit faulty_transport(model_server& server) noexcept : server_(&server) {}
  auditor::result<auditor::response_head> open(stream& s, const auditor::request_view& request,
                                               const auditor::call& limits) {
    s.server_ = server_;
    return server_->open(s.state_, request, limits);
  }

 private:
  model_server* server_;
};

}  // namespace fault
