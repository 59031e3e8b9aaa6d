// What a client lends to its calls and streams, and the check that they give it back before it goes.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/memory.hpp>
#include <auditor/client/running_calls.hpp>
#include <auditor/client/sharing_room.hpp>
#include <auditor/http/call.hpp>
#include <auditor/http/executor.hpp>
#include <auditor/operation/call_context.hpp>
#include <auditor/operation/operation.hpp>
#include <auditor/operation/options.hpp>

#include <string_view>
#include <type_traits>
#if AUDITOR_ASSERT
#include <atomic>
#endif

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

/// Counts the calls and streams of a client; in a debug build ends the program when the client goes, or moves, before
/// them. Costs nothing in other builds. **Threads**: calls may begin and end on different ones.
class open_calls {
 public:
#if AUDITOR_ASSERT && ATOMIC_INT_LOCK_FREE == 2
  open_calls() = default;
  open_calls(const open_calls&) noexcept {}
  open_calls(open_calls&& from) noexcept;
  open_calls& operator=(const open_calls&) noexcept { return *this; }
  open_calls& operator=(open_calls&& from) noexcept;
  ~open_calls();

  void begin() noexcept;
  void end() noexcept;

 private:
  static constexpr std::string_view moves = "a client moves while it has calls or streams";
  // In a child of fork() the calls that were under way are the parent's.
  bool are_none() const noexcept;
  std::atomic<unsigned> count_{0};
  unsigned forks_ = forks.load();
#else
  void begin() const noexcept {}
  void end() const noexcept {}
#endif
};

// Of a blocking client, which has no call under way that it does not wait for.
struct no_calls {};
struct no_sharing {};

template <class Transport, class Executor>
struct client_state {
  Transport transport;
  Executor executor;
  options settings;
  memory texts;
  const look_up_functions* settles_lost;
  server_memory server{};
  std::conditional_t<async_executor<Executor>, running_calls, no_calls> running{};
  [[no_unique_address]] std::conditional_t<async_executor<Executor>, sharing_room, no_sharing> sharing{};
  open_calls calls{};

  call_context lend() noexcept { return {settings, server, texts, settles_lost}; }
};

/// A member of each call and stream.
class open_call {
 public:
  explicit open_call(open_calls& calls) noexcept : calls_(calls) { calls_.begin(); }
  open_call(const open_call&) = delete;
  open_call& operator=(const open_call&) = delete;
  ~open_call() { calls_.end(); }

 private:
  open_calls& calls_;
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_BODIES
#include <auditor/impl/client/client_state.ipp>
#endif
