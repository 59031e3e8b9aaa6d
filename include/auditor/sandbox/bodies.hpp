// Whether this unit has the bodies of the sandbox: impl/sandbox/*.ipp, but for those of its HTTP server, which are inline.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/config.hpp>

#if !defined(AUDITOR_SEPARATE_COMPILATION) || defined(AUDITOR_SOURCE_SANDBOX)
#define AUDITOR_SANDBOX_BODIES 1
#else
#define AUDITOR_SANDBOX_BODIES 0
#endif
