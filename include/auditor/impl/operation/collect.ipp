// Bodies of operation/collect.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/operation/collect.hpp>

#include <utility>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

AUDITOR_DECL collect_operation::~collect_operation() = default;

AUDITOR_DECL collect_operation::collect_operation(const query& asked, fill_function fill, const options& settings,
                                                  const read_options& call, server_memory& memory)
    : read_operation(asked, settings, call, memory, {&kept_.records, fill}) {}

AUDITOR_DECL result<record_list> collect_operation::take() {
  const result<read_summary> read = read_operation::take();
  if (!read) return read.error();
  kept_.summary = *read;
  return std::move(kept_);
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
