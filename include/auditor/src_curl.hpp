// The bodies of the curl transports, compiled once: for one unit of a program that is built with AUDITOR_SEPARATE_COMPILATION.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#ifndef AUDITOR_SEPARATE_COMPILATION
#error \
    "auditor/src_curl.hpp: compile every unit of the program with -DAUDITOR_SEPARATE_COMPILATION, or do without src_curl.hpp: then the library is header-only"
#elif defined(AUDITOR_CURL_BODIES) && !AUDITOR_CURL_BODIES
#error \
    "auditor/src_curl.hpp: include it before every other header of the curl transports, or alone; behind <auditor/src.hpp>, where one unit has both"
#else
#define AUDITOR_SOURCE_CURL
#include <auditor/transport/curl.hpp>
#include <auditor/transport/curl_async.hpp>
#endif
