// What parse_timestamp gives may hold no time.
// SPDX-License-Identifier: MIT OR Apache-2.0
// expect first: a result is no time yet: look whether it has one
#include <auditor/base/timestamp.hpp>
#include <auditor/model/record.hpp>

using namespace auditor;

record control() { return record("id", parse_timestamp("2026-01-01T00:00:00Z").value()); }

#ifdef AUDITOR_MUST_NOT_COMPILE
record mistake() { return record("id", parse_timestamp("2026-01-01T00:00:00Z")); }
#endif
