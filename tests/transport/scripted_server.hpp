// The scripted server of the conformance suite, by the names that the tests of transports use.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/testing/conformance_server.hpp>

namespace loopback {

using connection = auditor::testing::server_connection;
using scripted_server = auditor::testing::conformance_server;
using auditor::testing::always;
using auditor::testing::answer;
using auditor::testing::chunk;
using auditor::testing::chunked_head;
using auditor::testing::last_chunk;

}  // namespace loopback
