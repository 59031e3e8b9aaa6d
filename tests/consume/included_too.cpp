// A program that imports the library and includes a part of it: both have the same types.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include <auditor/transport/curl.hpp>

import auditor;

#include <iostream>

int main() {
  const auditor::error why = auditor::curl_builder().address("", 8000).build().error();
  std::cout << why << '\n';
  return why.code == auditor::errc::invalid_argument ? 0 : 1;
}
