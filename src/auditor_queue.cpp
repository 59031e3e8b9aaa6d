// What keeps records until they are delivered, where a program has the library compiled: in auditor::compiled.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include <auditor/src_queue.hpp>
