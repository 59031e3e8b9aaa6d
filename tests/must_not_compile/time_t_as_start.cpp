// Seconds, or milliseconds as others count?
// SPDX-License-Identifier: MIT OR Apache-2.0
// expect first: a number is no time: .*from_time_t
#include <auditor/model/record_view.hpp>

#include <chrono>
#include <ctime>

using namespace auditor;

record control() { return record("id", std::chrono::system_clock::now()); }

#ifdef AUDITOR_MUST_NOT_COMPILE
record mistake() { return record("id", std::time(nullptr)); }
#endif
