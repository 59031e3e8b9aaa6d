// Bodies of executor/process.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/executor/process.hpp>

#if defined(__unix__) || defined(__APPLE__)
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#endif

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

inline bool no_descriptor_left() noexcept {
#if defined(__unix__) || defined(__APPLE__)
  const int one = open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (one < 0) return errno == EMFILE || errno == ENFILE;
  close(one);
#endif
  return false;
}

#if defined(__unix__) || defined(__APPLE__)
inline void part_with(int descriptor) noexcept {
  if (descriptor < 0) return;
  const int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (nothing < 0) return;
  dup2(nothing, descriptor);
  fcntl(descriptor, F_SETFD, FD_CLOEXEC);
  close(nothing);
}
#endif

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
