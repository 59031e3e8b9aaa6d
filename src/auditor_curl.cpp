// The curl transports, where a program has them compiled: auditor::compiled_curl.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include <auditor/src_curl.hpp>
