// The bodies of what keeps records until they are delivered, compiled once: for one unit of a program that is built with AUDITOR_SEPARATE_COMPILATION.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#ifndef AUDITOR_SEPARATE_COMPILATION
#error \
    "auditor/src_queue.hpp: compile every unit of the program with -DAUDITOR_SEPARATE_COMPILATION, or do without src_queue.hpp: then the library is header-only"
#elif defined(AUDITOR_QUEUE_BODIES) && !AUDITOR_QUEUE_BODIES
#error \
    "auditor/src_queue.hpp: include it before every other header of queue/, or alone; behind <auditor/src.hpp>, where one unit has both"
#else
#define AUDITOR_SOURCE_QUEUE
#include <auditor/queue/memory_store.hpp>
#include <auditor/queue/queue_sender.hpp>
#include <auditor/queue/record_ring.hpp>
#endif
