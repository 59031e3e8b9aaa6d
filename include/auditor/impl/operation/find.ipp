// Bodies of operation/find.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/operation/find.hpp>

#include <optional>
#include <string>
#include <utility>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

AUDITOR_DECL find_operation::find_operation(std::string id, fill_function filler, const call_context& with)
    : collect_operation(query{}.with_record_id(id), filler, with, {}), id_(std::move(id)) {}

AUDITOR_DECL result<std::optional<record>> find_operation::take() {
  result<record_list> found = collect_operation::take();
  if (!found) {
    error e = found.error();
    return e.of(id_);
  }
  if (found->empty()) return std::optional<record>();
  return std::optional<record>(std::move(found->records.front()));
}

AUDITOR_DECL result<record> single_record_operation::take() {
  result<std::optional<record>> found = find_operation::take();
  if (!found) return found.error();
  if (*found) return *std::move(*found);
  error e(errc::record_not_found);
  e.request = route::get_records;
  e.attempts = 1;
  return e.of(id_);
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
