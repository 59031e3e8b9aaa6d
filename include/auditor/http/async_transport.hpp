// What an asynchronous transport is: the same two steps as a blocking one, each with a completion instead of a wait.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/result.hpp>
#include <auditor/http/request.hpp>
#include <auditor/http/transport.hpp>

#include <concepts>
#include <cstddef>
#include <span>
#include <utility>

namespace auditor {
inline namespace AUDITOR_ABI {

/// Whom to tell: two words, trivially copyable, fits any C callback interface. **Memory**: none of its own.
///
/// ```cpp
/// void stream::async_read(std::span<char> into, auditor::completion<std::size_t> got) {
///   into_ = into, got_ = got;             // kept until the bytes are there ...
/// }
/// void stream::arrived(std::size_t n) {
///   std::exchange(got_, {})(n);           // ... then told once, and forgotten first: it may begin the next step
/// }
/// ```
template <class T>
struct AUDITOR_EXPORT completion {
  void (*fn)(void* self, result<T>&& answer) noexcept = nullptr;  ///< null: nobody
  void* self = nullptr;                                           ///< the first argument of `fn`

  /// Tells. The stream may be destroyed, or the next step begun, before this returns.
  void operator()(result<T> answer) const noexcept { fn(self, std::move(answer)); }
};

namespace detail {

// The parts of `async_transport`, one for each sentence of explain(); has_stream and makes_streams are those of `transport`.
template <class Transport>
concept async_opens = requires(Transport& transport, typename Transport::stream& stream, const request_view& request,
                               completion<response_head> opened) { transport.async_open(stream, request, opened); };
template <class Transport>
concept async_reads = requires(typename Transport::stream& stream, std::span<char> into, completion<std::size_t> got) {
  stream.async_read(into, got);
};
template <class Transport>
concept cancels = requires(typename Transport::stream& stream) {
  { stream.cancel() } noexcept;
};

}  // namespace detail

/// An asynchronous transport: what `transport` says of `open` and `read` holds for `async_open` and `async_read`.
///
/// - each `async_open` and `async_read` is followed by **exactly one** completion; it may come before the call returns;
/// - `cancel` makes the pending completion come soon, with the answer or with an error; without one pending it does
/// nothing;
/// - the destructor of a stream ends what is pending **without** a completion; it may run inside a completion;
/// - time-outs are the driver's: it calls `cancel`. A transport need not know the time, but for its connections.
///
/// **Errors**: those of `transport`. After a `cancel` the code says whether anything was sent: `connect_failed` if certainly
/// nothing; of any other the driver makes `cancelled` or `timed_out`, as it was.
/// **Threads**: one strand, that of the executor: calls are made there, and completions come there. **Lifetime**: request
/// and buffer stay until the completion; the transport outlives its streams. `testing/conformance.hpp` checks all of it.
template <class Transport>
concept async_transport = detail::has_stream<Transport> && detail::makes_streams<Transport> &&
                          detail::async_opens<Transport> && detail::async_reads<Transport> && detail::cancels<Transport>;

}  // namespace AUDITOR_ABI
}  // namespace auditor
