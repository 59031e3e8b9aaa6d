// Whether this unit has the bodies of what tests are made of: impl/testing/*.ipp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/config.hpp>

#if !defined(AUDITOR_SEPARATE_COMPILATION) || defined(AUDITOR_SOURCE_TESTING)
#define AUDITOR_TESTING_BODIES 1
#else
#define AUDITOR_TESTING_BODIES 0
#endif
