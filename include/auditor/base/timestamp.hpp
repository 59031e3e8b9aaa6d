// RFC 3339 both ways over the one time type of the library: UTC in microseconds, as the server stores it.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/result.hpp>

#include <chrono>
#include <string>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {

/// A moment in UTC, in microseconds since 1970 (no leap seconds, as PostgreSQL's timestamptz).
using timestamp = std::chrono::sys_time<std::chrono::microseconds>;

}  // namespace AUDITOR_ABI
}  // namespace auditor
