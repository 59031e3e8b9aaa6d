// A module that knows of clients only that they are one type: the transport, and what it links, are the program's.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include <auditor/transport/any.hpp>

#include <chrono>

extern "C" bool add_by_any_plugin(auditor::any_client& client, const char* id);

bool add_by_any_plugin(auditor::any_client& client, const char* id) {
  return client.add(auditor::record(id, std::chrono::sys_days(std::chrono::year(2026) / 1 / 1))).has_value();
}
