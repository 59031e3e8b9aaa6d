// Where the adds of a client that shares requests wait for each other, and what of them is under way.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/http/call.hpp>
#include <auditor/operation/read/id_hash.hpp>

#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

/// A member of a ring, or a ring: one without others is empty.
class ring_link {
 public:
  ring_link() noexcept = default;
  ring_link(const ring_link&) = delete;
  ring_link& operator=(const ring_link&) = delete;
  ~ring_link() { unlink(); }

  bool is_alone() const noexcept { return next_ == this; }
  bool is_last_of(const ring_link& ring) const noexcept { return next_ == &ring; }
  ring_link& next() const noexcept { return *next_; }
  void unlink() noexcept;
  void link_before(ring_link& end) noexcept;
  /// All that the other one has, in its order; this one is empty before.
  void take(ring_link& other) noexcept;

 private:
  ring_link* previous_ = this;
  ring_link* next_ = this;
};

/// What a room knows of an add.
struct rider : ring_link {
  void (*ring)(rider& self) = nullptr;  // has its timer ring soon
  std::string_view id;
  std::string_view body;
  id_hash hash;
  std::size_t most = static_cast<std::size_t>(-1);  // records of a request that it travels in
};

/// What a room knows of a request with several records.
struct riders_request : ring_link {
  ring_link riders;  // those that still want to hear
  std::vector<id_hash> ids;
  bool holds_up = false;  // the others wait for its end

  bool has(id_hash id) const noexcept;
};

/// **Threads**: the strand's. **Memory**: none of its own.
class sharing_room {
 public:
  sharing_room() noexcept = default;
  // A client moves before its first call and behind its last.
  sharing_room(const sharing_room&) noexcept {}
  sharing_room& operator=(const sharing_room&) noexcept { return *this; }
  ~sharing_room() = default;

  /// Whether an add has nothing to wait for, and goes alone.
  bool is_free_for(const rider& one) const noexcept;
  /// It goes alone. True: the others wait for its end.
  void goes_alone(rider& one, bool holds_up, ticks now) noexcept;
  void goes(riders_request& together, ticks now) noexcept;
  /// It waits; `ring` follows.
  void waits(rider& one) noexcept;
  /// Has the first one that waits gather the others, if anything may go.
  void ring() noexcept;
  /// It does not wait any longer, by itself.
  void leaves(rider& one) noexcept;

  /// Each that went comes to its end, for the sake of its ids those too that held nobody up.
  void ended_alone(bool held_up) noexcept;
  void ended(const riders_request& together) noexcept;

  /// Those that go now, in the order of their ids: taken out of the queue. `anyway`: what is under way does not come to its end.
  std::vector<rider*> gather(std::size_t most_records, std::size_t most_bytes, bool anyway);
  /// When something went last for whose end the others wait.
  ticks went_at() const noexcept { return went_at_; }
  /// Whether the first one looks once more before it gathers: what was just told of its end may begin others, which then come along.
  bool lets_others_come() noexcept { return std::exchange(is_early_, false); }
  bool is_first(const rider& one) const noexcept { return &waiting_.next() == &one; }

  /// A request of so many bytes was too large.
  void too_large(std::size_t bytes) noexcept;

 private:
  static constexpr unsigned at_once = 1;  // more make smaller requests, and were slower

  bool is_empty() const noexcept { return alone_.is_alone() && together_.is_alone() && waiting_.is_alone(); }
  bool is_under_way(id_hash id) const noexcept;
  void begun(ticks now) noexcept;
  void wake_first() noexcept;
  // Of a process before fork(): nobody here comes to its end.
  bool is_inherited() const noexcept;

  ring_link waiting_, alone_, together_;
  bool was_shared_ = false;  // the last request that held up others: those whom it told may begin as many again
  bool is_early_ = false;
  bool has_rung_ = false;   // the first one that waits will look
  unsigned under_way_ = 0;  // of those that hold up the others
  unsigned forks_ = 0;
  ticks went_at_{};
  std::size_t most_bytes_ = static_cast<std::size_t>(-1);
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_BODIES
#include <auditor/impl/client/sharing_room.ipp>
#endif
