// The convention of Asio's own operations for its tokens: `void(error_code, T)` instead of `void(result<T>)`.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/error.hpp>

#include <type_traits>
#include <utility>

namespace auditor {
inline namespace AUDITOR_ABI {

/// See `as_error_code`. Without a token of its own it stands for the executor's default.
template <class Token = void>
struct AUDITOR_EXPORT as_error_code_t {
  Token token;                   ///< the token in it
  error* diagnostics = nullptr;  ///< where the whole error goes, or null
};
/// `as_error_code` without a token: that of the executor.
template <>
struct AUDITOR_EXPORT as_error_code_t<void> {
  error* diagnostics = nullptr;  ///< where the whole error goes, or null

  /// The whole error, set before the handler is called. **Lifetime** of `whole`: until then.
  constexpr as_error_code_t operator()(error& whole) const noexcept { return {&whole}; }
  /// With a token of its own.
  template <class Token>
  constexpr as_error_code_t<std::decay_t<Token>> operator()(Token&& token) const {
    return {std::forward<Token>(token), diagnostics};
  }
  /// With both.
  template <class Token>
  constexpr as_error_code_t<std::decay_t<Token>> operator()(error& whole, Token&& token) const {
    return {std::forward<Token>(token), &whole};
  }
};

/// Makes a token deliver `(error_code, T)` where the call gives `result<T>`, and `(error_code)` for `result<void>`: then Asio's
/// combinators see a failed call as one, and `use_awaitable` and `use_future` throw `system_error`. `T` is its default then;
/// a bulk has its report, and the code of its first failure. A stream's `next` has the code of the read, which counts as
/// `finish()`. A cancelled call is `operation_aborted`, as all of Asio's are; other codes are `auditor::errc`'s.
///
/// ```cpp
/// using auditor::as_error_code;
/// auditor::error why;
/// co_await (client.add(a, {}, as_error_code(why)) && client.add(b, {}, as_error_code));  // throws when one of them fails
/// auto [code, found] = co_await client.find("x", {}, as_error_code(asio::as_tuple(asio::use_awaitable)));
/// ```
inline constexpr as_error_code_t<> as_error_code{};

}  // namespace AUDITOR_ABI
}  // namespace auditor
