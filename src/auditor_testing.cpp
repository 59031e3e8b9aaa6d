// What tests are made of, where a program has it compiled: auditor::compiled_testing.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include <auditor/src_testing.hpp>
