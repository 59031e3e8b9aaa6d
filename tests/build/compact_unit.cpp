// Compiled for size, and linked with units that are not.
// SPDX-License-Identifier: MIT OR Apache-2.0
#define AUDITOR_COMPACT 1
#include "use_library.hpp"

std::string compact_unit() { return use_library(); }

// A record passes from one to the other.
std::string compact_text(const auditor::record& r) {
  std::string text;
  return auditor::encode_record(r, text) ? "not written" : text;
}
