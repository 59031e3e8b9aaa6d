// The bodies of the core, compiled once: for one unit of a program that is built with AUDITOR_SEPARATE_COMPILATION.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#ifndef AUDITOR_SEPARATE_COMPILATION
#error \
    "auditor/src.hpp: compile every unit of the program with -DAUDITOR_SEPARATE_COMPILATION, or do without src.hpp: then the library is header-only"
#elif defined(AUDITOR_BODIES) && !AUDITOR_BODIES
#error "auditor/src.hpp: include it before every other header of auditor, or alone"
#else
#define AUDITOR_SOURCE
#include <auditor/auditor.hpp>
#endif
