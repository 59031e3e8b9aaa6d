// A read that shows each record to a visitor.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/operation/read.hpp>

#include <type_traits>
#include <utility>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

/// A read that shows each record to a visitor.
template <class Visitor>
class for_each_operation : public read_operation {
 public:
  for_each_operation(const query& asked, const options& settings, const call_options& call, server_memory& memory,
                     Visitor visitor)
      : read_operation(asked, settings, call, memory), visitor_(std::move(visitor)) {}

  /// False: the visitor wants no more.
  bool visit() {
    if constexpr (std::is_convertible_v<std::invoke_result_t<Visitor&, const record_view&>, bool>) {
      if (visitor_(view())) return true;
      stop();
      return false;
    } else {
      visitor_(view());
      return true;
    }
  }

 private:
  Visitor visitor_;
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
