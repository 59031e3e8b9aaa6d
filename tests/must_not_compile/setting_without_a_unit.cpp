// As pyauditor has it, and in seconds there.
// SPDX-License-Identifier: MIT OR Apache-2.0
// expect first: give the unit:
#include <auditor/transport/curl.hpp>

using namespace auditor;

auto control() { return client_builder().timeout(std::chrono::seconds(10)).build(); }

#ifdef AUDITOR_MUST_NOT_COMPILE
auto mistake() { return client_builder().timeout(10).build(); }
#endif
