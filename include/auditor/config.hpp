// What a build may set: exceptions, assertions, the smaller code, and the name of the ABI that follows from it.
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

/// 1 for the smallest code instead of the fastest: the same texts and numbers without tables, predictions, and words of eight
/// characters. Follows the compiler's -Os.
#ifndef AUDITOR_COMPACT
#ifdef __OPTIMIZE_SIZE__
#define AUDITOR_COMPACT 1
#else
#define AUDITOR_COMPACT 0
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

/// Of the library's own: before a function that is called in one place. Where code is to be small, its body stands there; a compiler does so by
/// itself only where it knows that no other unit calls it.
#if AUDITOR_COMPACT && defined(__GNUC__) && !defined(AUDITOR_SEPARATE_COMPILATION)
#define AUDITOR_CALLED_ONCE [[gnu::always_inline]]
#else
#define AUDITOR_CALLED_ONCE
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
#define AUDITOR_ABI_JOINED(model, tier, exceptions, assertions) model##tier##exceptions##assertions
#define AUDITOR_ABI_JOIN(model, tier, exceptions, assertions) AUDITOR_ABI_JOINED(model, tier, exceptions, assertions)
#ifndef AUDITOR_SEPARATE_COMPILATION
#define AUDITOR_MODEL_ABI v0_1
#else
#define AUDITOR_MODEL_ABI v0_1_compiled
#endif
#if AUDITOR_COMPACT
#define AUDITOR_ABI_TIER _compact
#else
#define AUDITOR_ABI_TIER
#endif
#if AUDITOR_EXCEPTIONS
#define AUDITOR_ABI_EXCEPTIONS
#else
#define AUDITOR_ABI_EXCEPTIONS _noex
#endif
#if AUDITOR_ASSERT
#define AUDITOR_ABI_ASSERT _assert
#else
#define AUDITOR_ABI_ASSERT
#endif
#define AUDITOR_ABI AUDITOR_ABI_JOIN(AUDITOR_MODEL_ABI, AUDITOR_ABI_TIER, AUDITOR_ABI_EXCEPTIONS, AUDITOR_ABI_ASSERT)

// The private parts of what is the same in all modes are found among those of each mode.
namespace auditor {
inline namespace AUDITOR_MODEL_ABI {
namespace model_detail {}
}  // namespace AUDITOR_MODEL_ABI
inline namespace AUDITOR_ABI {
namespace detail {
using namespace AUDITOR_MODEL_ABI::model_detail;
inline constexpr bool compact = AUDITOR_COMPACT != 0;
}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
