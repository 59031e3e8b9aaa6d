// The record of one id: there, or not there on evidence.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/operation/collect.hpp>

#include <optional>
#include <string>
#include <utility>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

/// The record of one id, or none. Always proven: that nothing came once says nothing.
template <class Codec>
class find_operation : public collect_operation<Codec> {
 public:
  find_operation(std::string id, const options& settings, server_memory& memory)
      : collect_operation<Codec>(query{}.with_record_id(id), settings, {}, memory), id_(std::move(id)) {}

  result<std::optional<record>> take() {
    result<record_list> found = collect_operation<Codec>::take();
    if (!found) {
      error e = found.error();
      return e.of(id_);
    }
    if (found->empty()) return std::optional<record>();
    return std::optional<record>(std::move(found->records.front()));
  }

 protected:
  std::string id_;
};

/// The record of one id, or an error.
template <class Codec>
class single_record_operation : public find_operation<Codec> {
 public:
  using find_operation<Codec>::find_operation;

  result<record> take() {
    result<std::optional<record>> found = find_operation<Codec>::take();
    if (!found) return found.error();
    if (*found) return *std::move(*found);
    error e(errc::record_not_found);
    e.request = route::get_records;
    e.attempts = 1;
    return e.of(this->id_);
  }
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
