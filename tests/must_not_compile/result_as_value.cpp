// The value of a result must be asked for, so that its error cannot be passed over.
// SPDX-License-Identifier: MIT OR Apache-2.0
// expect: result<int>. .*to .*int
#include <auditor/base/result.hpp>

using namespace auditor;

int control(const result<int>& answer) { return answer ? *answer : 0; }

#ifdef AUDITOR_MUST_NOT_COMPILE
int mistake(const result<int>& answer) { return answer; }
#endif
