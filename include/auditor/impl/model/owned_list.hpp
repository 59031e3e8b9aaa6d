// Makes a list that owns of one that borrows.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/config.hpp>

#include <cstddef>
#include <vector>

namespace auditor {
inline namespace AUDITOR_MODEL_ABI {
namespace model_detail {

// Fills an empty list with copies, each made in its place.
template <class T, class Views>
void append_copies(std::vector<T>& to, const Views& from) {
  to.reserve(from.size());
  for (std::size_t i = 0; i < from.size(); ++i) to.emplace_back(from[i]);
}

}  // namespace model_detail
}  // namespace AUDITOR_MODEL_ABI
}  // namespace auditor
