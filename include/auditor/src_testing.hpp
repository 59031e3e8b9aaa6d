// The bodies of what tests are made of, compiled once: for one unit of a program that is built with AUDITOR_SEPARATE_COMPILATION.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#ifndef AUDITOR_SEPARATE_COMPILATION
#error \
    "auditor/src_testing.hpp: compile every unit of the program with -DAUDITOR_SEPARATE_COMPILATION, or do without src_testing.hpp: then the library is header-only"
#elif defined(AUDITOR_TESTING_BODIES) && !AUDITOR_TESTING_BODIES
#error \
    "auditor/src_testing.hpp: include it before every other header of testing/, or alone; behind <auditor/src.hpp>, where one unit has both"
#else
#define AUDITOR_SOURCE_TESTING
#ifndef _WIN32
#include <auditor/testing/conformance_server.hpp>
#endif
#include <auditor/testing/exchanged.hpp>
#include <auditor/testing/finding.hpp>
#include <auditor/testing/manual_executor.hpp>
#include <auditor/testing/manual_loop.hpp>
#include <auditor/testing/scripted_transport.hpp>
#endif
