// Bodies of sandbox/http_server.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/impl/sandbox/http_listener.hpp>
#include <auditor/sandbox/http_server.hpp>

#include <cstdint>
#include <memory>
#include <mutex>

namespace auditor {
inline namespace AUDITOR_ABI {

inline sandbox_server::sandbox_server(sandbox& server, std::uint16_t port)
    : listener_(std::make_shared<detail::sandboxed::http_listener>(server, port)),
      gate_(std::make_shared<sandbox::gate>([listener = listener_](int times) { listener->refuse(times); })),
      thread_([listener = listener_] { listener->run(); }) {
  server.add_gate(gate_);
}

inline std::uint16_t sandbox_server::port() const noexcept { return listener_->port(); }

inline void sandbox_server::stop() {
  const std::lock_guard lock(stopping_);
  listener_->stop();
  if (thread_.joinable()) thread_.join();
  listener_->close();
}

}  // namespace AUDITOR_ABI
}  // namespace auditor
