// Which entries of a queue to send next, and what their outcomes make of them: a state that a thread, an executor or a simulator drives.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/json/record_storage.hpp>
#include <auditor/model/record_view.hpp>
#include <auditor/operation/bulk_outcomes.hpp>
#include <auditor/operation/bulk_summary.hpp>
#include <auditor/operation/options.hpp>
#include <auditor/operation/read/id_hash.hpp>
#include <auditor/queue/bodies.hpp>
#include <auditor/queue/late_updates.hpp>
#include <auditor/queue/queue_options.hpp>
#include <auditor/queue/store.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

/// A store behind its lock, and the wall clock.
struct store_access {
  void* self;
  error (*read)(void* self, std::uint64_t after, std::size_t most, std::size_t most_bytes, std::vector<queue_entry>& to);
  error (*settle)(void* self, std::span<const std::uint64_t> numbers, timestamp hold_until);
  error (*bury)(void* self, std::span<const dead_letter> letters);
  bool (*has_letter)(void* self, std::uint64_t number);  // or cannot tell
  store_counts (*counts)(void* self);
  timestamp (*held_until)(void* self);
  timestamp (*wall)(void* self);
};

/// What a driver has to do next.
struct queue_step {
  enum class type : std::uint8_t {
    wait,     // until `wake_at`, or until something is accepted
    adds,     // bulk_insert
    updates,  // bulk_update
    look,     // find: the record of the first id
  };
  type what = type::wait;
  ticks wake_at{};
  queued_records records;
  std::span<record_outcome> outcomes;
};

/// Decides what is sent when. How it is sent, repeated and judged are the client's operations.
///
/// Adds and updates are two lanes, each with its own place in the store, waits and pauses. An update is sent once every add that was
/// accepted before it is settled. What fails alone, while others are delivered, is set aside and read again later, so that it stands
/// in nobody's way, and later updates of its id with it.
///
/// **Threads**: one at a time, but for `meanwhile`. **Memory**: a window of entries for each lane and one that is read ahead, and some 200 bytes for each of at most 10,000 that are
/// set aside.
class queue_sender {
 public:
  queue_sender(const store_access& store, const queue_options& settings, std::uint64_t seed);
  queue_sender(const queue_sender&) = delete;
  queue_sender& operator=(const queue_sender&) = delete;
  ~queue_sender();

  /// Before all else: what waits already may have been sent by whoever had the store before.
  void open(ticks now);

  /// What to do. Behind each but `wait`, `done` or `looked` comes next. Who hurries does not wait for `queue_options::interval`.
  queue_step next(ticks now, bool hurries = false);
  /// While adds or updates are under way, in another thread if you like, and before `done`: frees those before them, tells the store what became of
  /// them, and reads those behind.
  void meanwhile();
  /// Tells the store what became of what was sent; before the end. False: it could not be told.
  bool save();
  /// To be given to the call, as `bulk_insert_options::failed`.
  failure_callback failed() noexcept;
  void done(ticks now, const bulk_summary& sum);
  /// What `find` said: null where there is none.
  void looked(ticks now, const error& why, const record_view* stored);
  /// Tells the observer what came of it, as far as the store knows: behind `next`, and behind the last `save`.
  void tell();

  /// Whether what is accepted now may be sent before the time that `next` gave. Not behind adds that wait for theirs: what comes later is read with them.
  bool is_news(ticks now) const noexcept;
  /// Goes on at once where it was paused or waits.
  void resume(ticks now) noexcept;
  /// Every entry below this number is settled, or dead.
  std::uint64_t settled_before() const noexcept;
  bool is_paused(entry_kind kind) const noexcept { return lane_of(kind).paused; }

  std::uint64_t delivered() const noexcept { return delivered_; }
  std::uint64_t buried() const noexcept { return buried_; }
  const error& last() const noexcept { return last_; }
  timestamp oldest() const noexcept;

 private:
  // That the server may not take a record, though it does not say so.
  struct suspicion {
    bool is_suspect = false;   // it failed together with others
    bool is_alone = false;     // ... and by itself
    ticks since{};             // when it first failed by itself
    std::uint64_t others = 0;  // that were delivered when it last failed by itself
    unsigned failures = 0;     // by itself, while others were delivered
    unsigned refusals = 0;     // by the server's own words
  };
  struct item {
    queue_entry entry;
    record_storage lists;
    record_view view;
    std::uint64_t id = 0;                  // a hash: two ids of one hash wait for each other, and no more comes of it
    bool fresh = false;                    // nobody can have sent it yet
    bool gone = false;                     // settled, dead or set aside
    std::uint64_t update = 0;              // whose stop time is sent with this add; 0: none
    std::vector<std::uint64_t> replaced;   // updates of the same id that this one makes superfluous
    ticks missing_since = (ticks::max)();  // the server said first that it does not have the record
    queue_sender::suspicion suspicion{};
    unsigned tries = 0;     // times that it was set aside
    bool is_read = false;   // the view is that of the entry
    bool is_valid = false;  // of an add

    explicit item(queue_entry&& of, record_storage&& memory = record_storage()) noexcept
        : entry(std::move(of)), lists(std::move(memory)) {}
    error read();
    void check();
  };
  struct aside {
    std::uint64_t id = 0;
    timestamp accepted{};
    ticks due{}, missing_since = (ticks::max)();
    queue_sender::suspicion suspicion{};
    unsigned tries = 0;
  };
  struct lane {
    entry_kind kind{};
    std::uint64_t place = 0;  // what is above was not read yet
    std::vector<std::unique_ptr<item>> window;
    std::map<std::uint64_t, aside> set_aside;                  // by number
    std::unordered_map<std::uint64_t, std::size_t> ids_aside;  // how many of each id
    ticks next_due = (ticks::max)();  // of those that wait for their time, and for no other of their id
    ticks wait_until{};               // nothing is sent before
    std::size_t width = 0;            // the most entries of a delivery: half as many when one fails
    std::uint64_t delivered = 0;      // adds, or updates
    unsigned failures = 0;            // of deliveries, one behind the other
    bool paused = false;

    void keep(std::uint64_t number, const aside& what);
    std::map<std::uint64_t, aside>::iterator take_out(std::map<std::uint64_t, aside>::iterator at);
  };

  lane& lane_of(entry_kind kind) noexcept { return lanes_[kind == entry_kind::add ? 0 : 1]; }
  const lane& lane_of(entry_kind kind) const noexcept { return lanes_[kind == entry_kind::add ? 0 : 1]; }

  bool fill(lane& of, ticks now);
  std::uint64_t end_of_updates() const noexcept;
  error read_next(const lane& of, std::size_t most, std::vector<std::unique_ptr<item>>& to);
  error read(std::uint64_t after, std::size_t most, std::vector<std::unique_ptr<item>>& to);
  std::unique_ptr<item> make_item(queue_entry& of);
  void keep_memory();
  void take_in(lane& of, std::unique_ptr<item> one, ticks now);
  bool is_over(std::uint64_t update) const noexcept;
  bool is_to_be_buried(std::uint64_t number) const noexcept;
  static bool is_behind_aside(const lane& in, const item& one) noexcept;
  bool is_behind_add(const item& update) const noexcept;
  void fold(item& update);
  void unfold(item& of);
  void keep_apart(std::uint64_t id, std::uint64_t number);
  bool fetch_due(lane& of, ticks now);
  bool is_add_dead(const item& update);
  static error add_is_dead(const item& update);
  bool choose(lane& of, ticks now);
  ticks wake(const lane& of) const noexcept;

  void judge(item& of, const record_outcome& how, const error& words, bool others_well, ticks now);
  void doubt(item& of, const record_outcome& how, const error& words, bool others_well, ticks now);
  void wait_for_record(item& update, const error& words, ticks now);
  bool find_update(const item& of, bool& found);
  void settle(item& of, ticks now);
  void fear_another(const item& of, ticks now);
  void bury(item& of, const error& why, ticks now);
  void put_aside(item& of, ticks now);
  void put_aside_until(item& of, ticks due);
  void sweep(lane& of);
  void fail(lane& of, const error& why, bool shut_out, ticks now);
  void go_on(lane& of);
  static std::uint64_t lowest(const lane& of) noexcept;
  ticks jitter(ticks first, unsigned doublings);
  void note_delivered(entry_kind kind);
  void note(const queue_event& event);

  static constexpr std::size_t most_aside = 10'000;

  store_access store_;
  const queue_options& settings_;
  const std::size_t window_;
  std::uint64_t random_;
  lane lanes_[2];  // of adds, and of updates
  std::vector<std::unique_ptr<item>>
      ahead_;  // read already, of adds and of updates, that come behind the place of the adds
  std::vector<std::unique_ptr<item>> swept_;  // done with, and to be dealt with while something else is under way
  std::vector<std::unique_ptr<item>> spare_;  // ... and the memory of those that come next
  bool updates_next_ = false;                 // whose turn it is
  std::uint64_t known_at_open_ = 0;           // up to this number another process may have sent them
  ticks opened_at_{};
  ticks next_delivery_at_{};  // `queue_options::interval` behind the last one
  late_updates late_{most_aside};
  ticks feared_at_ = (ticks::min)();  // when the wall clock was asked last how long they wait

  // Ids of updates that adds were read beyond, and that are sent by themselves; and the number of the last one.
  std::unordered_set<std::uint64_t> apart_;
  std::uint64_t last_apart_ = 0;

  // The delivery under way.
  lane* sending_ = nullptr;
  std::vector<item*> sent_;
  std::vector<record_view> views_;
  std::vector<std::string_view> texts_;  // of adds, as they were accepted; nothing where something was added to them
  bool are_valid_ = false;
  std::vector<record_outcome> outcomes_;
  std::unordered_map<std::uint64_t, error> words_;  // by index
  std::vector<item*> conflicts_;                    // to be looked at

  // What the store has not heard yet.
  std::vector<std::uint64_t> settled_;
  std::vector<dead_letter> dead_;
  timestamp hold_until_{};  // by the wall clock: what the next process that opens the store waits for
  std::unordered_map<std::uint64_t, std::uint64_t> dead_adds_;  // by id, the number of the last one

  std::uint64_t delivered_ = 0, buried_ = 0, delivered_noted_ = 0;
  error last_;
  std::vector<queue_event> events_;  // that the observer has not heard
  std::vector<queue_entry> page_;    // what the store reads into
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_QUEUE_BODIES
#include <auditor/impl/queue/queue_sender.ipp>
#endif
