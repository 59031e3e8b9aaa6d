// Bodies of operation/collect.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/operation/collect.hpp>

#include <utility>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

AUDITOR_DECL collect_operation::~collect_operation() = default;

AUDITOR_DECL collect_operation::collect_operation(query&& asked, fill_function filler, const call_context& with,
                                                  const read_options& call)
    : kept_records{collected(filler)}, read_operation(std::move(asked), with, call, &(kept_records::collector_)) {}

AUDITOR_DECL result<record_list> collect_operation::take() {
  const result<read_summary> read = read_operation::take();
  if (!read) return read.error();
  kept_.tell_unreadable(unreadable());
  if (!is_arranged()) kept_.arrange(asked());
  record_list given;
  given.summary = *read;
  given.summary.records = kept_.records.size();
  given.records = std::move(kept_.records);
  return given;
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
