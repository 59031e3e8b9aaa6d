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

/// Set in the whole program, it compiles the functions of the library once: in the one unit that includes <auditor/src.hpp>, or in
/// the CMake target auditor::compiled (docs/compiled-form.md). Without it the library is header-only.
#ifdef AUDITOR_SEPARATE_COMPILATION
#define AUDITOR_DECL
#else
#define AUDITOR_DECL inline
#endif

// Whether this unit has the bodies of the core: impl/*.ipp.
#if !defined(AUDITOR_SEPARATE_COMPILATION) || defined(AUDITOR_SOURCE)
#define AUDITOR_BODIES 1
#else
#define AUDITOR_BODIES 0
#endif

/// Put before every public class, so that a shared library can export them. Empty unless the program sets it.
#ifndef AUDITOR_EXPORT
#define AUDITOR_EXPORT
#endif

// Each version, and each form and build mode of it, is an inline namespace of its own: they coexist in one program, and passing a type of
// one to code of another is a link error instead of a crash. What records are made of is the same in all modes of one
// form.
#if AUDITOR_VERSION_MAJOR != 0 || AUDITOR_VERSION_MINOR != 1
#error "auditor/config.hpp: the names of the inline namespaces carry another version than auditor/version.hpp"
#endif
#ifndef AUDITOR_SEPARATE_COMPILATION
#define AUDITOR_MODEL_ABI v0_1
#if AUDITOR_EXCEPTIONS && !AUDITOR_ASSERT
#define AUDITOR_ABI v0_1
#elif AUDITOR_EXCEPTIONS
#define AUDITOR_ABI v0_1_assert
#elif !AUDITOR_ASSERT
#define AUDITOR_ABI v0_1_noex
#else
#define AUDITOR_ABI v0_1_noex_assert
#endif
#else
#define AUDITOR_MODEL_ABI v0_1_compiled
#if AUDITOR_EXCEPTIONS && !AUDITOR_ASSERT
#define AUDITOR_ABI v0_1_compiled
#elif AUDITOR_EXCEPTIONS
#define AUDITOR_ABI v0_1_compiled_assert
#elif !AUDITOR_ASSERT
#define AUDITOR_ABI v0_1_compiled_noex
#else
#define AUDITOR_ABI v0_1_compiled_noex_assert
#endif
#endif

// The private parts of what is the same in all modes are found among those of each mode.
namespace auditor {
inline namespace AUDITOR_MODEL_ABI {
namespace model_detail {}
}  // namespace AUDITOR_MODEL_ABI
inline namespace AUDITOR_ABI {
namespace detail {
using namespace AUDITOR_MODEL_ABI::model_detail;
}
}  // namespace AUDITOR_ABI
}  // namespace auditor
