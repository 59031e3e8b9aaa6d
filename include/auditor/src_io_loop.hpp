// The bodies of io_loop, compiled once: for one unit of a program that is built with AUDITOR_SEPARATE_COMPILATION.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#ifndef AUDITOR_SEPARATE_COMPILATION
#error \
    "auditor/src_io_loop.hpp: compile every unit of the program with -DAUDITOR_SEPARATE_COMPILATION, or do without src_io_loop.hpp: then the library is header-only"
#elif defined(AUDITOR_IO_LOOP_BODIES) && !AUDITOR_IO_LOOP_BODIES
#error \
    "auditor/src_io_loop.hpp: include it before every other header of io_loop, or alone; behind <auditor/src.hpp> and before the others, where one unit has several"
#else
#define AUDITOR_SOURCE_IO_LOOP
#include <auditor/executor/io_loop.hpp>
#endif
