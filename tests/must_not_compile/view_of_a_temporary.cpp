// A list of a view borrows from a container that somebody keeps.
// SPDX-License-Identifier: MIT OR Apache-2.0
// expect first: keep the container in a variable
#include <auditor/model/record_view.hpp>

#include <array>
#include <span>
#include <vector>

using namespace auditor;

void control(record_view& r, const std::array<component_view, 1>& kept, std::vector<component_view> several) {
  r.components = kept;
  r.components = std::span(several);
}

#ifdef AUDITOR_MUST_NOT_COMPILE
void mistake(record_view& r) { r.components = std::array{component_view("CPU", 8)}; }
#endif
