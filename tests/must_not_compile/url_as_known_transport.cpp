// A URL where a transport of a known type goes.
// SPDX-License-Identifier: MIT OR Apache-2.0
// expect first: a client takes a transport, not a URL: use client_builder
#include <auditor/client/client.hpp>
#include <auditor/executor/this_thread.hpp>
#include <auditor/testing/scripted_transport.hpp>

using namespace auditor;

void control(const testing::scripted_transport& wire) { client<testing::scripted_transport> asked(wire); }

#ifdef AUDITOR_MUST_NOT_COMPILE
void mistake() { client<testing::scripted_transport> asked("http://localhost:8000"); }
#endif
