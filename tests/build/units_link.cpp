// Links units of one and of another build mode into one program, where each must do the same.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include <cstdio>
#include <string>

std::string first_unit();
std::string second_unit();
std::string unit_without_exceptions();

int main() {
  const std::string first = first_unit();
  std::puts(first.c_str());
  return first == "id of site" && second_unit() == first && unit_without_exceptions() == first ? 0 : 1;
}
