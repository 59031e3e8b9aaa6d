// What the flavours of a call share: what it comes to, and that of those where everything happens on the thread that waits.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/client/pending.hpp>

#include <utility>

namespace flavours {

// `wait(start)` makes the call `start(client, token...)` and returns what it comes to. Streams are made, asked and
// destroyed in `on_strand`.

template <class Start, class Client>
using answer_of = decltype(std::declval<Start&>()(std::declval<Client&>(), auditor::use_pending).await_resume());

// Everything happens on this thread, while it waits.
template <class Flavour>
struct on_this_thread {
  template <class Start>
  auto wait_on_strand(Start start) {
    return static_cast<Flavour*>(this)->wait(start);
  }
  template <class Work>
  void on_strand(Work work) {
    work();
  }
};

}  // namespace flavours
