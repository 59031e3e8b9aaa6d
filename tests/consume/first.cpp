// The program of docs/getting-started.md, which tests/consume/run builds in each of the ways that the page tells.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include <auditor/auditor.hpp>
#include <auditor/transport/curl.hpp>

#include <iostream>

int main() {
  auto client = auditor::client_builder().address("localhost", 8000).build();
  if (!client) {  // a setting is wrong
    std::cerr << client.error() << '\n';
    return 1;
  }
  if (auto health = client->health_check(); health)
    std::cout << "an Auditor is there\n";
  else
    std::cout << health.error() << '\n';  // what happened, and what to do
}
