// Whether this unit has the bodies of io_loop: impl/executor/io_loop.ipp and ready_sockets.ipp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/config.hpp>

#if !defined(AUDITOR_SEPARATE_COMPILATION) || defined(AUDITOR_SOURCE_IO_LOOP)
#define AUDITOR_IO_LOOP_BODIES 1
#else
#define AUDITOR_IO_LOOP_BODIES 0
#endif
