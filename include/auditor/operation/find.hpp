// The record of one id: there, or not there on evidence.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/operation/collect.hpp>

#include <optional>
#include <string>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

/// The record of one id, or none. Always proven: that nothing came once says nothing.
class find_operation : public collect_operation {
 public:
  find_operation(std::string id, fill_function fill, const options& settings, server_memory& memory);

  result<std::optional<record>> take();

 protected:
  std::string id_;
};

/// The record of one id, or an error.
class single_record_operation : public find_operation {
 public:
  using find_operation::find_operation;

  result<record> take();
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_BODIES
#include <auditor/impl/operation/find.ipp>
#endif
