// A program without exceptions and RTTI that uses every floor of the library.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include "use_library.hpp"

#include <cstdio>

static_assert(AUDITOR_EXCEPTIONS == 0);

int main() {
  const std::string said = use_library();
  std::puts(said.c_str());
  return said == "id of site" ? 0 : 1;
}
