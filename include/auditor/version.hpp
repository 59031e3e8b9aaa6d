// The one source of the library's version; CMake reads it from here.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#define AUDITOR_VERSION_MAJOR 0
#define AUDITOR_VERSION_MINOR 1
#define AUDITOR_VERSION_PATCH 0
