// Whether this unit has the bodies of what keeps records until they are delivered: impl/queue/*.ipp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/config.hpp>

#if !defined(AUDITOR_SEPARATE_COMPILATION) || defined(AUDITOR_SOURCE_QUEUE)
#define AUDITOR_QUEUE_BODIES 1
#else
#define AUDITOR_QUEUE_BODIES 0
#endif
