// io_loop, where a program has it compiled: in auditor::compiled, but not on Windows, where there is none.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include <auditor/src_io_loop.hpp>
