// What a build may set: whether exceptions and assertions are on, and the name of the ABI that follows from it.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/requirements.hpp>
#include <auditor/version.hpp>

#ifndef AUDITOR_FROM_INCLUDE
#include <auditor/see_the_error_above>  // there is no such file: a compiler that goes on behind an #error ends here
#endif

/// 1 when `result<T>::value()` may throw, 0 when it ends the program instead. Follows the compiler's own setting.
#ifndef AUDITOR_EXCEPTIONS
#if defined(__cpp_exceptions) || defined(_CPPUNWIND)
#define AUDITOR_EXCEPTIONS 1
#else
#define AUDITOR_EXCEPTIONS 0
#endif
#endif

/// 1 when broken preconditions (an unread `finish()`, `*result` of an error) stop the program. Follows NDEBUG.
#ifndef AUDITOR_ASSERT
#ifdef NDEBUG
#define AUDITOR_ASSERT 0
#else
#define AUDITOR_ASSERT 1
#endif
#endif

/// 1 where the standard library has threads: `this_thread`, the default executor, sleeps on them. Follows the compiler's own macro.
#ifndef AUDITOR_THREADS
#ifdef __STDCPP_THREADS__
#define AUDITOR_THREADS 1
#else
#define AUDITOR_THREADS 0
#endif
#endif

/// Put before every public class, so that a shared library can export them. Empty unless the program sets it.
#ifndef AUDITOR_EXPORT
#define AUDITOR_EXPORT
#endif

// Each build mode is an inline namespace of its own: modes coexist in one program, and passing a type of one mode to
// code of another is a link error instead of a crash.
#if AUDITOR_EXCEPTIONS && !AUDITOR_ASSERT
#define AUDITOR_ABI v0
#elif AUDITOR_EXCEPTIONS
#define AUDITOR_ABI v0_assert
#elif !AUDITOR_ASSERT
#define AUDITOR_ABI v0_noex
#else
#define AUDITOR_ABI v0_noex_assert
#endif
