// Whether this unit has the bodies of the curl transports: impl/transport/curl/*.ipp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/config.hpp>

#if !defined(AUDITOR_SEPARATE_COMPILATION) || defined(AUDITOR_SOURCE_CURL)
#define AUDITOR_CURL_BODIES 1
#else
#define AUDITOR_CURL_BODIES 0
#endif
