// 8.9 cores are not 8.
// SPDX-License-Identifier: MIT OR Apache-2.0
// expect: deleted (constructor|function .*amounts_are_whole_numbers)
#include <auditor/model/component.hpp>

using namespace auditor;

component control(int cores) { return component("CPU", cores); }

#ifdef AUDITOR_MUST_NOT_COMPILE
component mistake(double cores) { return component("CPU", cores); }
#endif
