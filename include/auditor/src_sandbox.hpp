// The bodies of the sandbox, compiled once: for one unit of a program that is built with AUDITOR_SEPARATE_COMPILATION.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#ifndef AUDITOR_SEPARATE_COMPILATION
#error \
    "auditor/src_sandbox.hpp: compile every unit of the program with -DAUDITOR_SEPARATE_COMPILATION, or do without src_sandbox.hpp: then the library is header-only"
#elif defined(AUDITOR_SANDBOX_BODIES) && !AUDITOR_SANDBOX_BODIES
#error \
    "auditor/src_sandbox.hpp: include it before every other header of the sandbox, or alone; behind <auditor/src.hpp>, where one unit has both"
#else
#define AUDITOR_SOURCE_SANDBOX
#include <auditor/sandbox/transport.hpp>
#endif
