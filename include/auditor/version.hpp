// The one source of the library's version; CMake reads it from here.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

/// Of the library: what breaks the API.
#define AUDITOR_VERSION_MAJOR 0
/// Of the library: what adds to it.
#define AUDITOR_VERSION_MINOR 1
/// Of the library: what mends it.
#define AUDITOR_VERSION_PATCH 0
