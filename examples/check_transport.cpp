// The conformance suite over a transport: here that of libcurl; put yours in its place.
// SPDX-License-Identifier: MIT OR Apache-2.0
//
// check_transport [WORDS]         all rules, or those whose names contain the words

#include <auditor/testing/conformance.hpp>
#include <auditor/transport/curl.hpp>

#include <cstdint>
#include <iostream>
#include <string>
#include <string_view>

int main(int argc, char** argv) {
  // A transport for each rule, to a server on loopback that does what the rule is about.
  const auto make = [](const std::string& host, std::uint16_t port) {
    return auditor::curl_builder().address(host, port).build().value();
  };
  // The last rule that is told is the one in which a transport waits for ever.
  const auto tell = [](std::string_view rule) { std::clog << rule << "\n"; };
  const auto findings = auditor::testing::conformance(make, {.only = argc > 1 ? argv[1] : "", .begins = tell});
  std::cout << auditor::testing::report(findings);  // a line for each rule that is broken or skipped
  std::cout << findings.size() << " rules\n";
  return auditor::testing::conforms(findings) ? 0 : 1;
}
