// Bodies of operation/operation.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/operation/operation.hpp>

#include <span>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

AUDITOR_DECL std::span<char> no_reply::prepare() { return {}; }

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
