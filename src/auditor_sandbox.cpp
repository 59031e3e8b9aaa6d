// The sandbox, where a program has it compiled: auditor::compiled_sandbox.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include <auditor/src_sandbox.hpp>
