// A transport without sockets: asks a sandbox in the same program.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/http/transport.hpp>
#include <auditor/sandbox/bodies.hpp>
#include <auditor/sandbox/sandbox.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {

/// **Lifetime**: the sandbox outlives the transport and its streams. **Threads**: as a sandbox; any number of streams may
/// be open, and each sees the records as they were when it was opened.
class AUDITOR_EXPORT sandbox_transport {
 public:
  class stream {
   public:
    /// One record at a time at most; `connection_lost` where `lose_streams` breaks the answer.
    result<std::size_t> read(std::span<char> into, const call& limits);

   private:
    friend class sandbox_transport;
    sandbox* server_ = nullptr;
    ticks pause_{0};
    sandbox_body body_;
    std::string piece_;
    std::size_t given_ = 0;
  };

  /// To this sandbox.
  explicit sandbox_transport(sandbox& server) noexcept : server_(&server) {}

  result<response_head> open(stream& s, const request_view& request, const call& limits);

 private:
  // Lets time pass, but no more than the call has left.
  static errc pass(sandbox& server, ticks time, ticks& waited, const call& limits);
  static bool is_content_type(std::string_view name) noexcept;

  sandbox* server_;
};

static_assert(transport<sandbox_transport>);

}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_SANDBOX_BODIES
#include <auditor/impl/sandbox/transport.ipp>
#endif
