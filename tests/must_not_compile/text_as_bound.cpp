// A text may be no time.
// SPDX-License-Identifier: MIT OR Apache-2.0
// expect first: a text is no time: parse_timestamp
#include <auditor/query/query.hpp>

#include <chrono>

using namespace auditor;

query control(query q) { return q.with_start_time(gte(std::chrono::system_clock::now())); }

#ifdef AUDITOR_MUST_NOT_COMPILE
query mistake(query q) { return q.with_start_time(gte("2024-01-01T00:00:00Z")); }
#endif
