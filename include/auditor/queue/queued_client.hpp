// Accepted means delivered: records go into a store, and a thread of the queue delivers them.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/memory.hpp>
#include <auditor/base/result.hpp>
#include <auditor/base/text_buffer.hpp>
#include <auditor/executor/process.hpp>
#include <auditor/executor/steady.hpp>
#include <auditor/model/record_view.hpp>
#include <auditor/queue/enqueue.hpp>
#include <auditor/queue/queue_options.hpp>
#include <auditor/queue/queue_sender.hpp>
#include <auditor/queue/store.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <concepts>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <ranges>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace auditor {
inline namespace AUDITOR_ABI {

namespace detail {

// Settles and reads while a request is under way.
class meanwhile_thread {
 public:
  explicit meanwhile_thread(queue_sender& of) : sender_(of), thread_([this] { run(); }) {}
  meanwhile_thread(const meanwhile_thread&) = delete;
  meanwhile_thread& operator=(const meanwhile_thread&) = delete;
  ~meanwhile_thread() {
    set(state::ends);
    thread_.join();
  }
  void begin() { set(state::works); }
  // Until it is done.
  void wait() {
    std::unique_lock lock(guard_);
    changed_.wait(lock, [this] { return now_ == state::idle; });
  }

 private:
  enum class state : std::uint8_t { idle, works, ends };
  void set(state next) {
    const std::lock_guard lock(guard_);
    now_ = next;
    changed_.notify_one();
  }
  void run() {
    std::unique_lock lock(guard_);
    for (;;) {
      changed_.wait(lock, [this] { return now_ != state::idle; });
      if (now_ == state::ends) return;
      lock.unlock();
      sender_.meanwhile();
      lock.lock();
      now_ = state::idle;
      changed_.notify_one();
    }
  }

  queue_sender& sender_;
  std::mutex guard_;
  std::condition_variable changed_;
  state now_ = state::idle;
  std::thread thread_;
};

}  // namespace detail

/// What `close` leaves.
struct AUDITOR_EXPORT queue_rest {
  std::uint64_t waiting =
      0;  ///< entries that were not delivered; in a durable store they are still there, unless `why` says otherwise
  std::uint64_t dead = 0;  ///< dead letters
  error why;               ///< why they wait, if that is known; in a child after fork(), that nothing is known

  /// Whether nothing waits, as far as that is known.
  explicit operator bool() const noexcept { return waiting == 0 && !why; }
};

/// Takes records and updates at once, and delivers them when the server is there: what `add`, `update` and `bulk_insert` accept is in the
/// store before they return, survives what the store survives, and stays until the server has it.
///
/// ```cpp
/// auto store = auditor::sqlite_store::open("/var/spool/collector/queue.db");
/// auto client = auditor::client_builder().address("auditor.site", 8000).build();
/// auditor::queued_client queue(std::move(client).value(), std::move(store).value());
/// if (const auto accepted = queue.add(job); !accepted) keep_it_otherwise(job, accepted.error());
/// ```
/// "Accepted" is not "stored": what the server will never take becomes a dead letter, with the reason, and stays in the store until it is
/// sent again or discarded. Nothing else leaves the queue undelivered.
///
/// Adds are delivered in bulks, those that were accepted first in the first, and updates behind the adds of the same id. What may have been sent before - in a process
/// that was killed - is compared with what the server has, which takes a role that may read; without one, set
/// `queue_options::duplicates` to `ignore`.
///
/// **Threads**: all calls from any thread; producers that come together share one commit of the store. A thread of the queue delivers, and has the client for
/// itself: read by another one; a second one settles and reads ahead meanwhile. **fork()**: the queue stays the parent's; in the child its calls are `invalid_argument`. **Lifetime**: the destructor
/// closes, for at most 5 s. **Memory**: two windows of entries (`queue_options::window`), and what waits to be committed.
template <class Client, queue_store Store>
class queued_client {
  static_assert(std::same_as<decltype(std::declval<Client&>().health_check()), result<void>>,
                "a queued_client takes a blocking client, which its thread calls: one with a blocking executor");

 public:
  /// **Errors**: `problem()`, and every call, say which setting makes no sense (`check`).
  explicit queued_client(Client through, Store store, const queue_options& settings = {})
      : state_(std::make_unique<state>(std::move(through), std::move(store), settings)) {
    state_->begin();
  }
  queued_client(queued_client&&) noexcept = default;
  queued_client& operator=(queued_client&&) = delete;
  ~queued_client() {
    if (state_ == nullptr) return;
    if (state_->process.is_this())
      close(std::chrono::seconds(5));
    else
      detail::leave_to_parent(state_.release());
  }

  /// What is wrong with the settings, or nothing.
  const error& problem() const noexcept { return state_->problem; }

  /// Accepts a record, to be stored.
  /// **Errors**: `invalid_record`, `record_too_large`, as of `client::add`; `buffer_full`: the queue has `max_entries` or `max_bytes`; `storage_failed`: the store
  /// could not keep it; `cancelled`: the queue is closed. After an error the record is not in the queue.
  result<void> add(const record_view& r) { return accept_one(entry_kind::add, r); }

  /// Accepts the stop time of a record that is stored, or waits here.
  /// **Errors**: those of `add`; `invalid_record` without a stop time.
  result<void> update(const record_view& r) { return accept_one(entry_kind::update, r); }

  /// Accepts all of the records or none. **Errors**: those of `add`; `index` says which record is refused.
  template <std::ranges::input_range Range>
    requires std::convertible_to<std::ranges::range_reference_t<Range>, record_view>
  result<void> bulk_insert(Range&& records) {
    return accept(entry_kind::add, std::forward<Range>(records));
  }

  /// Waits until all that was accepted before is delivered, or dead, for at most so long: whether it is. Meanwhile `interval` is not kept to.
  bool flush(ticks longest) {
    state& s = *state_;
    if (!s.process.is_this()) return false;
    const std::uint64_t stored = s.counts().last_number;
    std::unique_lock lock(s.guard);
    const std::uint64_t last = s.last_number = (std::max)(s.last_number, stored);
    s.hurried = (std::max)(s.hurried, last);
    s.news = true;
    s.work.notify_all();
    s.progress.wait_for(lock, detail::in_reach(longest), [&] { return s.settled_before > last || s.ended; });
    return s.settled_before > last;
  }

  /// Accepts nothing more, delivers what it can for at most so long, and ends the thread; a request under way is cancelled, and sent again
  /// by whoever opens the store next. Once closed it stays closed.
  queue_rest close(ticks longest) {
    state& s = *state_;
    queue_rest rest;
    if (!s.process.is_this()) {
      rest.why = is_the_parents();
      return rest;
    }
    std::unique_lock storing(s.storing);
    std::unique_lock lock(s.guard);
    s.closed = true;
    s.last_number = (std::max)(s.last_number, s.store.counts().last_number);
    storing.unlock();
    s.hurried = (std::numeric_limits<std::uint64_t>::max)();
    s.news = true;
    s.work.notify_all();
    if (!s.ended) {
      const auto is_empty = [&] {
        return s.ended || (s.settled_before > s.last_number && s.group.empty() && !s.committing);
      };
      s.progress.wait_for(lock, detail::in_reach(longest), is_empty);
      s.stop.request();
      s.ending = true;
      s.work.notify_all();
      lock.unlock();
      {
        const std::lock_guard one(s.joining);
        if (s.sender_thread.joinable()) s.sender_thread.join();
      }
      lock.lock();
    }
    const error last = s.last;
    lock.unlock();
    const error unwritten = s.flush();
    const store_counts counts = s.counts();
    rest.waiting = counts.waiting;
    rest.dead = counts.dead;
    if (unwritten) {
      rest.why = unwritten;
      rest.why.more("; entries that are in memory alone are gone when the queue is");
    } else if (rest.waiting != 0) {
      rest.why = last ? last : error(errc::cancelled, "close: the time was over before they were delivered");
      if (!last && s.has_sent) rest.why.attempts = 1, rest.why.outcome = outcome::unknown;
    }
    return rest;
  }

  /// Sends at once what waits for its time: behind a pause, when the reason is mended.
  void resume() {
    if (!state_->process.is_this()) return;
    const std::lock_guard lock(state_->guard);
    state_->resumed = state_->news = true;
    state_->work.notify_all();
  }

  /// The queue at this moment. In a child after fork(): nothing but `last`, which says whose it is.
  queue_metrics metrics() const {
    state& s = *state_;
    if (!s.process.is_this()) return {.last = is_the_parents()};
    std::unique_lock storing(s.storing);
    const store_counts counts = s.store.counts();
    const std::uint64_t accepted_at_once = s.accepted_at_once;
    storing.unlock();
    const std::lock_guard lock(s.guard);
    queue_metrics all = s.numbers;
    all.accepted += accepted_at_once;
    all.waiting = counts.waiting;
    all.waiting_bytes = counts.waiting_bytes;
    all.dead = counts.dead;
    all.dead_bytes = counts.dead_bytes;
    all.level = s.store.level();
    all.last = s.last;
    if (counts.waiting != 0 && s.oldest != timestamp{})
      all.oldest = (std::max)(detail::wall_clock() - s.oldest, std::chrono::microseconds(0));
    return all;
  }

  /// The dead letters with higher numbers, oldest first, at most so many. **Errors**: `storage_failed`.
  result<std::vector<dead_letter>> dead_letters(std::uint64_t after = 0, std::size_t most = 100) {
    std::vector<dead_letter> letters;
    if (!state_->process.is_this()) return is_the_parents();
    const std::lock_guard lock(state_->storing);
    if (const error e = state_->store.dead_letters(after, most, letters)) return e;
    return letters;
  }
  /// Sends a dead letter again, as a new entry. **Errors**: `invalid_argument`: there is none of this number; `storage_failed`.
  result<void> retry(std::uint64_t number) {
    return of_letter([&](bool& found) { return state_->store.revive(number, detail::wall_clock(), found); });
  }
  /// Gives each dead letter to `write` as one line of JSON, so that none is trapped in a format of ours: its number, what it asked (`kind`), when it was `accepted` and
  /// when it `died`, why (`code`, `status`, `words`), and the `record`. How many there were.
  ///
  /// ```cpp
  /// queue.export_dead_letters([&](std::string_view line) { file << line << '\n'; });
  /// ```
  /// **Errors**: `storage_failed`; then it was given a part. **Memory**: a page of letters.
  template <class Write>
  result<std::uint64_t> export_dead_letters(Write&& write) {
    std::uint64_t after = 0, count = 0;
    for (;;) {
      const auto page = dead_letters(after);
      if (!page) return page.error();
      if (page->empty()) return count;
      for (const dead_letter& each : *page) {
        write(std::string_view(json_line(each)));
        after = each.entry.number;
        ++count;
      }
    }
  }
  /// Drops a dead letter. **Errors**: as `retry`.
  result<void> discard(std::uint64_t number) {
    return of_letter([&](bool& found) { return state_->store.discard(number, found); });
  }

 private:
  static error is_full(const store_counts& counts) noexcept {
    return error(errc::buffer_full, "the queue is full: ").more(counts.waiting).more(" entries wait");
  }
  static error is_closed() noexcept { return {errc::cancelled, "the queue is closed"}; }
  static error is_the_parents() noexcept {
    return {errc::invalid_argument, "this queue is the parent's, and goes on there"};
  }
  // One producer's entries, from when they are encoded until they are committed.
  struct waiting_group {
    std::vector<new_entry> entries;
    std::uint64_t bytes = 0;
    error failed;
    bool done = false;
  };

  // Those who are committed together.
  struct commit_round {
    std::condition_variable over;
    bool wakes_others = false;  // the first of them that is awake
  };

  // `storing` is for the store and what is counted with it, `guard` for what producers, those who wait, and the thread that delivers tell one another. Whoever
  // takes both takes `storing` first.
  struct state {
    const queue_options settings;
    const error problem;
    detail::owning_process process{};

    std::mutex storing;
    Store store;
    const bool is_at_once = store.level() == durability::none;  // nobody shares a commit
    std::uint64_t accepted_at_once = 0;
    bool closed = false;  // written under both

    std::mutex guard;
    // Producers who share a commit.
    std::vector<waiting_group*> group;  // of the next one
    commit_round rounds[2];             // by turns: the one under way, and the next
    std::size_t round = 0;              // that is being gathered
    bool committing = false;
    std::uint64_t last_number = 0;  // that was accepted
    // What the thread that delivers is told.
    std::condition_variable work;
    std::atomic<bool> news{false};        // written under the lock, and looked at without
    std::atomic<bool> heeds_news = true;  // what is accepted wakes it; the same
    std::uint64_t hurried = 0;            // up to this number they do not wait for `interval`
    bool resumed = false, ending = false;
    // What it tells.
    std::condition_variable progress;
    std::uint64_t settled_before = 1;
    timestamp oldest{};
    queue_metrics numbers;
    error last;
    bool ended = false;

    // Its own, but for `stop`.
    Client client;
    detail::queue_sender sender;
    std::optional<detail::meanwhile_thread> meanwhile{};
    bool has_sent = false;  // looked at when it has ended
    cancel_flag stop;
    std::mutex joining;  // of the thread itself
    std::thread sender_thread{};

    state(Client through, Store kept, const queue_options& all)
        : settings(detail::in_reach(all)),
          problem(check(all)),
          store(std::move(kept)),
          client(std::move(through)),
          sender(access(), settings, detail::steady().random()) {}

    store_counts counts() {
      const std::lock_guard lock(storing);
      return store.counts();
    }
    error flush() {
      const std::lock_guard lock(storing);
      if constexpr (requires { store.flush(); })
        return caught([this] { return store.flush(); });
      else
        return {};
    }
    // For the sender.
    detail::store_access access() {
      static constexpr auto with_lock = [](void* self, const auto& use) {
        state& s = *static_cast<state*>(self);
        const std::lock_guard lock(s.storing);
        return use(s.store);
      };
      return {this,
              [](void* self, std::uint64_t after, std::size_t most, std::size_t most_bytes, std::vector<queue_entry>& to) {
                return with_lock(self, [&](Store& kept) { return kept.read(after, most, most_bytes, to); });
              },
              [](void* self, std::span<const std::uint64_t> done, timestamp hold_until) {
                return with_lock(self, [&](Store& kept) { return kept.settle(done, hold_until); });
              },
              [](void* self, std::span<const dead_letter> letters) {
                return with_lock(self, [&](Store& kept) { return kept.bury(letters); });
              },
              [](void* self, std::uint64_t number) {
                return with_lock(self, [&](Store& kept) { return detail::has_letter(kept, number); });
              },
              [](void* self) { return static_cast<state*>(self)->counts(); },
              [](void* self) { return with_lock(self, [](Store& kept) { return kept.held_until(); }); },
              [](void*) { return detail::wall_clock(); }};
    }

    void begin() {
      last_number = store.counts().last_number;
      if (problem) {
        closed = ended = true;
        return;
      }
      sender.open(detail::steady::now());
      meanwhile.emplace(sender);
      sender_thread = std::thread([this] { deliver(); });
    }

    // The thread that delivers.
    void deliver() {
      for (;;) {
        const detail::queue_step next = sender.next(detail::steady::now(), is_hurried());
        // Of what came before, too: not behind an answer that a server which hangs keeps for long.
        publish();
        if (next.what == detail::queue_step::type::wait) {
          if (!wait(next.wake_at)) break;
          continue;
        }
        if (next.what == detail::queue_step::type::look) {
          look(next.records[0].record_id);
        } else {
          has_sent = true;
          meanwhile->begin();
          const bulk_summary sum = send(next);
          meanwhile->wait();
          sender.done(detail::steady::now(), sum);
        }
        if (stop) break;
      }
      sender.save();
      publish();
      const std::lock_guard lock(guard);
      ended = true;
      progress.notify_all();
    }
    bulk_summary send(const detail::queue_step& next) {
      const auto failed = sender.failed();
      if (next.what == detail::queue_step::type::adds) {
        const bulk_insert_options how{
            .cancel = &stop, .duplicates = settings.duplicates, .in_flight = settings.in_flight, .failed = failed};
        return client.bulk_insert(next.records, next.outcomes, how);
      }
      const bulk_update_options how{.cancel = &stop, .failed = failed};
      return client.bulk_update(next.records, next.outcomes, how);
    }
    void look(std::string_view id) {
      bool shown = false;
      const auto show = [&](const record_view& stored) {
        shown = true;
        sender.looked(detail::steady::now(), {}, &stored);
      };
      const auto found = client.find(id, show, {.cancel = &stop});
      if (!shown) sender.looked(detail::steady::now(), found ? error() : found.error(), nullptr);
    }
    bool has_room(const store_counts& counts, std::size_t entries, std::uint64_t bytes) const noexcept {
      return counts.waiting + entries <= settings.max_entries && counts.waiting_bytes + bytes <= settings.max_bytes;
    }
    // Behind each append. Who finds the news told has been seen in time: the sender takes it back before it looks into the store.
    void tell_sender() {
      if (!heeds_news || news) return;
      const std::lock_guard lock(guard);
      news = true;
      work.notify_one();
    }
    bool is_hurried() {
      const std::lock_guard lock(guard);
      return settled_before <= hurried;
    }
    // False: the end.
    bool wait(ticks until) {
      const bool is_news = sender.is_news(detail::steady::now());
      std::unique_lock lock(guard);
      heeds_news = is_news;
      const auto is_time = [&] { return news || ending; };
      if (until == (ticks::max)())
        work.wait(lock, is_time);
      else
        work.wait_until(lock, detail::steady::at(until), is_time);
      news = false;
      heeds_news = true;
      if (std::exchange(resumed, false)) sender.resume(detail::steady::now());
      return !ending;
    }
    // The metrics say it before the observer hears of it, and `flush` comes back behind both.
    void publish() {
      {
        const std::lock_guard lock(guard);
        oldest = sender.oldest();
        numbers.delivered = sender.delivered();
        numbers.buried = sender.buried();
        numbers.adds_paused = sender.is_paused(entry_kind::add);
        numbers.updates_paused = sender.is_paused(entry_kind::update);
        last = sender.last();
      }
      sender.tell();
      const std::lock_guard lock(guard);
      settled_before = sender.settled_before();
      progress.notify_all();
    }
  };

  template <class Range>
  result<void> accept(entry_kind kind, Range&& records) {
    state& s = *state_;
    if (s.problem) return s.problem;
    if (!s.process.is_this()) return is_the_parents();
    detail::text_buffer texts(detail::memory::heap());
    std::vector<std::size_t> ends;
    for (auto&& each : records) {
      const record_view r = each;
      if (error e = detail::json_of_entry(kind, r, texts)) {
        e.index = ends.size();
        return e;
      }
      ends.push_back(texts.size());
      if constexpr (std::ranges::sized_range<Range>)
        if (ends.size() == 1 && std::ranges::size(records) > 1) {
          constexpr std::size_t most_bytes = std::size_t{1} << 23;  // of a first guess
          texts.reserve_for(static_cast<std::size_t>(std::ranges::size(records)), most_bytes);
          ends.reserve(static_cast<std::size_t>(std::ranges::size(records)));
        }
    }
    if (ends.empty()) return {};
    waiting_group mine;
    const timestamp now = detail::wall_clock();
    for (const std::size_t end : ends) {
      mine.entries.push_back({kind, now, texts.text().substr(mine.bytes, end - mine.bytes)});
      mine.bytes = end;
    }
    if (s.is_at_once)
      append_at_once(mine.entries, mine.bytes, mine.failed);
    else
      commit(mine);
    if (mine.failed) return mine.failed;
    return {};
  }
  result<void> accept_one(entry_kind kind, const record_view& r) {
    state& s = *state_;
    if (!s.is_at_once) return accept(kind, std::span(&r, 1));
    if (s.problem) return s.problem;
    if (!s.process.is_this()) return is_the_parents();
    std::array<char, 2048> room;
    detail::text_buffer more(detail::memory::heap());  // where that does not do
    std::string_view json;
    error why = detail::json_of_entry(kind, r, room, more, json);
    if (!why) {
      const new_entry one{kind, detail::coarse_wall_clock(), json};
      append_at_once(std::span(&one, 1), json.size(), why);
    }
    if (why) return why;
    return {};
  }

  // A store that writes nothing through does not wait for the disk, and so nobody for anybody else's commit. `why`: set where it fails, since to make
  // one costs as much as the rest of this.
  void append_at_once(std::span<const new_entry> entries, std::uint64_t bytes, error& why) {
    state& s = *state_;
    {
      const std::lock_guard lock(s.storing);
      if (s.closed) {
        why = is_closed();
        return;
      }
      if (const store_counts counts = s.store.counts(); !s.has_room(counts, entries.size(), bytes)) {
        why = is_full(counts);
        return;
      }
      if (const error e = caught([&] { return s.store.append(entries); })) {
        why = e;
        return;
      }
      s.accepted_at_once += entries.size();
    }
    s.tell_sender();
  }

  // Whoever finds nobody committing commits what all have brought, and then, a few times, what came meanwhile: nobody has to wake up for that. The
  // others wait for it. So many producers share one commit, and one alone waits for nobody.
  void commit(waiting_group& mine) {
    state& s = *state_;
    std::unique_lock lock(s.guard);
    if (s.closed) {
      mine.failed = is_closed();
      return;
    }
    s.group.push_back(&mine);
    commit_round& its = s.rounds[s.round % 2];
    its.over.wait(lock, [&] { return mine.done || !s.committing; });
    if (mine.done) {
      const bool wakes = std::exchange(its.wakes_others, false);
      lock.unlock();
      if (wakes) its.over.notify_all();
      return;
    }
    s.committing = true;
    constexpr int most_rounds = 8;
    for (int i = 0; i < most_rounds && !s.group.empty(); ++i) commit_all(lock);
    s.committing = false;
    // One of those who are left goes on.
    commit_round& next = s.rounds[s.round % 2];
    const bool is_left = !s.group.empty();
    lock.unlock();
    if (is_left) next.over.notify_all();
  }
  void commit_all(std::unique_lock<std::mutex>& lock) {
    state& s = *state_;
    std::vector<waiting_group*> all;
    std::swap(all, s.group);
    commit_round& its = s.rounds[s.round++ % 2];
    lock.unlock();
    std::uint64_t last = 0;
    const std::uint64_t taken = append_all(all, last);
    lock.lock();
    for (waiting_group* each : all) each->done = true;
    s.numbers.accepted += taken;
    s.last_number = (std::max)(s.last_number, last);
    if (s.heeds_news) {
      s.news = true;
      s.work.notify_one();
    }
    // The next commit does not wait until all of them are awake.
    its.wakes_others = true;
    its.over.notify_one();
  }
  std::uint64_t append_all(const std::vector<waiting_group*>& all, std::uint64_t& last) {
    state& s = *state_;
    const std::lock_guard lock(s.storing);
    store_counts counts = s.store.counts();
    const std::uint64_t before = counts.waiting;
    const error e = caught([&] {
      std::vector<new_entry> entries;
      for (waiting_group* each : all) {
        if (!s.has_room(counts, each->entries.size(), each->bytes)) {
          each->failed = is_full(counts);
          continue;
        }
        counts.waiting += each->entries.size();
        counts.waiting_bytes += each->bytes;
        entries.insert(entries.end(), each->entries.begin(), each->entries.end());
      }
      return entries.empty() ? error() : s.store.append(entries);
    });
    for (waiting_group* each : all)
      if (e && !each->failed) each->failed = e;
    last = s.store.counts().last_number;
    return e ? 0 : counts.waiting - before;
  }
  // What the store throws is an error like others: those who wait hear of it from whoever leads them, who may have what is its own.
  template <class Work>
  static error caught(const Work& work) noexcept {
#if AUDITOR_EXCEPTIONS
    try {
      return work();
    } catch (...) {
      return {errc::storage_failed, "the store threw an exception, or there was no memory"};
    }
#else
    return work();
#endif
  }

  template <class Change>
  result<void> of_letter(const Change& change) {
    if (!state_->process.is_this()) return is_the_parents();
    bool found = false;
    {
      const std::lock_guard lock(state_->storing);
      if (const error e = change(found)) return e;
    }
    if (!found) return error(errc::invalid_argument, "there is no dead letter of this number");
    const std::uint64_t last = state_->counts().last_number;
    const std::lock_guard lock(state_->guard);
    state_->last_number = (std::max)(state_->last_number, last);
    state_->news = true;
    state_->work.notify_one();
    return {};
  }

  std::unique_ptr<state> state_;
};

}  // namespace AUDITOR_ABI
}  // namespace auditor
