// Makes a list that owns of one that borrows.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/config.hpp>

#include <cstddef>
#include <vector>

namespace auditor {
inline namespace AUDITOR_MODEL_ABI {
namespace model_detail {

// Copies what is behind those that the list has. Each copy is made in its place and at its size: to fill in an empty one would take more
// instructions, and memory too, for a string that grows becomes twice as long as it was.
template <class T, class Views>
void append_copies(std::vector<T>& to, const Views& from) {
  if (to.empty()) to.reserve(from.size());
  for (std::size_t i = to.size(); i < from.size(); ++i) to.emplace_back(from[i]);
}

}  // namespace model_detail
}  // namespace AUDITOR_MODEL_ABI
}  // namespace auditor
