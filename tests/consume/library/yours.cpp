// What the library of somebody else's does with ours; its header would be without a word of it.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include <auditor/auditor.hpp>
#include <auditor/transport/curl.hpp>

const char* what_becomes_of(const char* id);

const char* what_becomes_of(const char* id) {
  const auto client = auditor::client_builder().address("localhost", 8000).build();
  return client && validate(auditor::record(id, std::chrono::system_clock::now())).has_value() ? "would be sent"
                                                                                               : "would not be sent";
}
