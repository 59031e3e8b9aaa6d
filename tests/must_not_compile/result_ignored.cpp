// A write whose result nobody looks at may have failed.
// SPDX-License-Identifier: MIT OR Apache-2.0
// expect: nodiscard
#include <auditor/base/result.hpp>

using namespace auditor;

result<void> add();

bool control() { return add().has_value(); }

#ifdef AUDITOR_MUST_NOT_COMPILE
void mistake() { add(); }
#endif
