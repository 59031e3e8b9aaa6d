// Another unit of the same program.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include <auditor/auditor.hpp>
#include <auditor/transport/curl.hpp>

#include <string>

std::string second();
std::string second() {
  return std::string(auditor::curl_builder().address("localhost", 8000).build() ? "built" : "not built");
}
