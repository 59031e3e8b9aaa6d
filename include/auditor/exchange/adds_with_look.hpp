// How an exchange drives an add that may look at what is stored: apart, so that only the policies that look bring it along.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/exchange/exchange.hpp>
#include <auditor/operation/add.hpp>

#include <cstddef>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

inline constexpr answer_table looks_at_stored = {
    [](void* op) { return static_cast<add_operation*>(op)->prepare_look(); },
    [](void* op, std::size_t n) { return static_cast<add_operation*>(op)->commit_look(n); },
    [](void* op) -> const error& { return static_cast<add_operation*>(op)->problem_of_look(); },
};

inline constexpr operation_table adds_with_look = {
    [](void* op) { return static_cast<add_operation*>(op)->start(); },
    [](void* op) { return static_cast<add_operation*>(op)->kind_with_look(); },
    [](void* op) { return static_cast<add_operation*>(op)->begin_with_look(); },
    [](void* op, const judged_answer& judged) { return static_cast<add_operation*>(op)->finish_with_look(judged); },
    &looks_at_stored,
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
