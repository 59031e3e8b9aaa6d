// A yes/no answer must not be mistaken for "it worked".
// SPDX-License-Identifier: MIT OR Apache-2.0
// expect: result<bool>. .*to .bool.
#include <auditor/base/result.hpp>

using namespace auditor;

bool control(const result<bool>& answer) { return answer.has_value() && *answer; }

#ifdef AUDITOR_MUST_NOT_COMPILE
bool mistake(const result<bool>& answer) {
  if (answer) return true;
  return false;
}
#endif
