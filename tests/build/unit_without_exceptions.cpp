// Compiled without exceptions and RTTI, and linked with units that have both.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include "use_library.hpp"

#include <auditor/ext/error_code.hpp>

#include <system_error>

static_assert(AUDITOR_EXCEPTIONS == 0);

std::string unit_without_exceptions() { return use_library(); }

// A record is the same in all modes, and passes from one to the other.
std::string id_without_exceptions(const auditor::record& r) {
  return auditor::record_view(r).record_id == r.record_id ? r.record_id : "another";
}
std::error_code code_without_exceptions() { return auditor::errc::record_exists; }
