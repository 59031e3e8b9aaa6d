// Bodies of operation/read/same_beginning.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/operation/read/same_beginning.hpp>

#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

AUDITOR_DECL void same_beginning::restart() noexcept { again_ = {}; }

AUDITOR_DECL same_beginning::place same_beginning::came(std::string_view id) noexcept {
  if (again_.count == shown_.count) {
    shown_.add(id);
    again_ = shown_;
    return place::new_one;
  }
  again_.add(id);
  return again_.count < shown_.count || again_.hash == shown_.hash ? place::seen_before : place::another;
}

AUDITOR_DECL void same_beginning::beginning::add(std::string_view id) noexcept {
  ++count;
  hash.add(id);
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
