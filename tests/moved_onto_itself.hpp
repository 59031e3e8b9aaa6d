// What remains of a value that is moved onto itself.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <utility>

template <class T>
T moved_onto_itself(T value) {
  T& itself = value;  // compilers warn of what they see
  value = std::move(itself);
  return value;
}
