// The core, where a program has it compiled: auditor::compiled.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include <auditor/src.hpp>
