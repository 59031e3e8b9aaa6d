// Links units of one and of another build mode into one program, where each must do the same.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include <auditor/auditor.hpp>
#include <auditor/ext/error_code.hpp>

#include <chrono>
#include <cstdio>
#include <string>
#include <system_error>

std::string first_unit();
std::string second_unit();
std::string unit_without_exceptions();
std::string id_without_exceptions(const auditor::record& r);
std::error_code code_without_exceptions();
std::string compact_unit();
std::string compact_text(const auditor::record& r);

int main() {
  const std::string first = first_unit();
  std::puts(first.c_str());
  const auditor::record passed("passed", std::chrono::sys_seconds(std::chrono::seconds(1)));
  if (id_without_exceptions(passed) != "passed" || code_without_exceptions() != auditor::errc::record_exists) return 1;
  std::string text;
  if (auditor::encode_record(passed, text) || compact_text(passed) != text) return 1;
  const bool agree = second_unit() == first && unit_without_exceptions() == first && compact_unit() == first;
  return first == "id of site" && agree ? 0 : 1;
}
