// Uses the library in a program that includes headers with macros for common words behind ours, as plugins of Slurm do.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include "use_library.hpp"

#include <cstdio>

// Slurm's log.h and xmalloc.h
#define error(...) hostile !
#define fatal(...) hostile !
#define info(...) hostile !
#define verbose(...) hostile !
#define debug(...) hostile !
#define xmalloc(size) hostile !
#define xfree(what) hostile !
// windows.h
#define min(a, b) hostile !
#define max(a, b) hostile !
#define ERROR hostile !
#define IN hostile !
#define OUT hostile !
#define DELETE hostile !
// sys/sysmacros.h, Xlib
#define major(device) hostile !
#define minor(device) hostile !
#define None hostile !
#define Status hostile !
#define Success hostile !

namespace {

// `error` with a parenthesis behind it is Slurm's: a call of ours stands in parentheses itself, an error is made with braces.
auditor::error why(const auditor::result<auditor::record>& found) {
  if (found) return auditor::error{auditor::errc::invalid_argument, "this one must not be there"};
  return (found.error)();
}

}  // namespace

int main() {
  const auditor::error unknown = why(auditor::errc::conflict);
  if (unknown.code != auditor::errc::conflict) return 1;
  if (why(auditor::record("id", auditor::timestamp())).code != auditor::errc::invalid_argument) return 1;
  const std::string said = use_library();
  std::puts(said.c_str());
  return said == "id of site" ? 0 : 1;
}
