// What a client says it runs on: an executor of a library's own where ours wraps one, else ours.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/config.hpp>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

template <class Executor>
decltype(auto) executor_of(const Executor& executor) noexcept {
  if constexpr (requires { executor.get_executor(); })
    return executor.get_executor();
  else
    return (executor);
}

template <class Executor>
struct find_executor_type {
  using type = Executor;
};
template <class Executor>
  requires requires { typename Executor::executor_type; }
struct find_executor_type<Executor> {
  using type = typename Executor::executor_type;
};
template <class Executor>
using executor_type_of = typename find_executor_type<Executor>::type;

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
