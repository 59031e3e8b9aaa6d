// A program of somebody else's, in a build that takes every warning for an error.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include <auditor/auditor.hpp>
#include <auditor/transport/curl.hpp>

#include <chrono>
#include <cstdio>
#include <string>

std::string second();

int main() {
  const auditor::record record("", std::chrono::sys_days(std::chrono::year(2026) / 1 / 1));
  const auto wrong = auditor::validate(record);
  if (wrong) return 1;
  std::puts(auditor::message(wrong.error()).c_str());
  return second() == "built" ? 0 : 1;
}
