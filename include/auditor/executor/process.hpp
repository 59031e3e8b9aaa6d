// What a process shares with its children and what it may run out of: whose a thing is after fork(), and whether descriptors are left.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/http/call.hpp>

#include <atomic>
#include <new>
#if defined(__unix__) || defined(__APPLE__)
#include <pthread.h>
#endif

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

// Counting forks is cheaper to ask than getpid, which is a call of the system. Of each module (the program, a shared library)
// that has a count of its own: a call that it makes compares with that one. A function that names this variable has its module count.
#if defined(__unix__) || defined(__APPLE__)
inline const int forks_are_counted =
    pthread_atfork(nullptr, nullptr, [] { forks.fetch_add(1, std::memory_order_relaxed); });
#else
inline const int forks_are_counted = 0;
#endif

// The process in which it was made. Asked before each use, because a fork tells nobody; and by the count of the module in which it
// was made, whichever asks.
class owning_process {
 public:
  owning_process() noexcept { static_cast<void>(forks_are_counted); }
  bool is_this() const noexcept { return made_ == count_->load(std::memory_order_relaxed); }

 private:
  const std::atomic<unsigned>* count_ = &forks;
  unsigned made_ = count_->load(std::memory_order_relaxed);
};

// Whether this process, or the system, has as many files open as it may. Of a library that only says that something failed.
inline bool no_descriptor_left() noexcept;

// Neither freed nor touched again, but reachable, so that no leak is reported: a thread of the parent may have been in the
// midst of changing it, and what frees it (libcurl, a TLS library) would say goodbye on the parent's connections.
template <class T>
void leave_to_parent(T* inherited) noexcept {
  struct node {
    void* what;
    node* next;
  };
  static std::atomic<node*> all{nullptr};
  auto* one = new (std::nothrow) node{inherited, all.load()};
  while (one != nullptr && !all.compare_exchange_weak(one->next, one)) continue;
}

#if defined(__unix__) || defined(__APPLE__)
// Ends this process's hold on what a descriptor leads to. The number stays taken, for whoever will still close it.
inline void part_with(int descriptor) noexcept;
#endif

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor

#include <auditor/impl/executor/process.ipp>
