// A text may be no time.
// SPDX-License-Identifier: MIT OR Apache-2.0
// expect first: a text is no time: parse_timestamp
#include <auditor/model/record_view.hpp>

#include <chrono>
#include <ctime>

using namespace auditor;

void control(record& r) { r.with_stop_time(std::chrono::system_clock::now()); }

#ifdef AUDITOR_MUST_NOT_COMPILE
void mistake(record& r) { r.with_stop_time("2024-01-01T00:00:00Z"); }
#endif
