// What a client lends to each of its calls.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/memory.hpp>
#include <auditor/operation/look_up.hpp>
#include <auditor/operation/operation.hpp>
#include <auditor/operation/options.hpp>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

/// **Lifetime**: the client's. **Threads**: as the calls.
struct call_context {
  const options& settings;
  server_memory& server;
  memory& texts;  // of texts and buffers
  /// How `on_duplicate::fail` tells, behind a lost answer, whose record the server knows; null: it does not.
  const look_up_functions* settles_lost = nullptr;
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
