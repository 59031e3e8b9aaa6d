// Seconds, or milliseconds as others count?
// SPDX-License-Identifier: MIT OR Apache-2.0
// expect first: a number is no time: .*from_time_t
#include <auditor/model/record_view.hpp>

#include <chrono>
#include <ctime>

using namespace auditor;

void control(record& r) { r.start_time = std::chrono::system_clock::from_time_t(std::time(nullptr)); }

#ifdef AUDITOR_MUST_NOT_COMPILE
void mistake(record& r) { r.start_time = std::time(nullptr); }
#endif
