// One sentence, instead of hundreds, where a build cannot work: with a compiler of another age, or with two folders of headers.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#if (defined(_MSVC_LANG) && _MSVC_LANG < 202002L) || (!defined(_MSVC_LANG) && __cplusplus < 202002L)
#error "auditor-cpp needs C++20: compile with -std=c++20 or newer (MSVC: /std:c++20)"
#elif defined(AUDITOR_FROM_SINGLE_INCLUDE)
#error "both folders of auditor-cpp, include/ and single_include/, are reached: put only one on the include path"
#else
#define AUDITOR_FROM_INCLUDE
#endif
