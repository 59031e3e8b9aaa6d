// The other of two translation units that include the library in the same program.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include "use_library.hpp"

std::string second_unit() { return use_library(); }
