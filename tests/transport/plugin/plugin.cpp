// A module that is loaded at run time, with a copy of the library of its own: it uses the client of the program.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include <auditor/transport/curl.hpp>

#include <chrono>

extern "C" bool add_by_plugin(auditor::curl_client& client, const char* id);

bool add_by_plugin(auditor::curl_client& client, const char* id) {
  return client.add(auditor::record(id, std::chrono::sys_days(std::chrono::year(2026) / 1 / 1))).has_value();
}
