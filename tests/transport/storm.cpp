// Storms: hundreds of calls in flight over real sockets, cancelled, dropped, overdue and made from each other's completions
// while other threads set their flags. Asked of each: one answer or none, and that it agrees with what the server holds.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include <auditor/ext/future.hpp>
#include <auditor/sandbox/http_server.hpp>
#include <auditor/transport/curl_async.hpp>

#include "catch.hpp"
#include "fetch.hpp"
#include "scripted_server.hpp"
#include "storm_clients.hpp"
#include "task.hpp"

#ifdef AUDITOR_OWN_BUILD_HAS_BEAST
#include "storm_on_boost.hpp"
#endif

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

using namespace auditor;
using namespace auditor::storms;
using loopback::scripted_server;

namespace {

using namespace std::chrono_literals;

const timestamp start{std::chrono::microseconds{1'700'000'000'000'000}};

record open_record(std::string id, std::string_view kind = "new") {
  return record{std::move(id), start}.with_component(component{"Cores", 8}).with_meta("kind", kind);
}

// A storm that hangs cannot be left: there is nobody to end its calls.
class watchdog {
 public:
  explicit watchdog(std::uint32_t seed) : thread_([this, seed] { watch(seed); }) {}
  watchdog(const watchdog&) = delete;
  watchdog& operator=(const watchdog&) = delete;
  ~watchdog() {
    {
      const std::lock_guard lock(mutex_);
      over_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }

 private:
  void watch(std::uint32_t seed) {
    std::unique_lock lock(mutex_);
    if (changed_.wait_for(lock, loopback::sanitized ? 300s : 100s, [this] { return over_; })) return;
    std::fprintf(stderr, "a storm hangs, AUDITOR_STORM_SEED=%u\n", static_cast<unsigned>(seed));
    std::abort();
  }
  std::mutex mutex_;
  std::condition_variable changed_;
  bool over_ = false;
  std::thread thread_;
};

// A number that threads wait on.
class signal {
 public:
  void raise() {
    count_.fetch_add(1);
    count_.notify_all();
  }
  // Returns when it is no longer this.
  std::uint32_t wait(std::uint32_t old) const {
    count_.wait(old);
    return count_.load();
  }

 private:
  std::atomic<std::uint32_t> count_{0};
};

// ---- where calls run: `on_strand(work)` does work there and waits for it; `run_until(over)` returns when that is raised.

class own_thread {
 public:
  explicit own_thread(std::uint16_t port, const options& settings = impatient())
      : client(curl_client_of(port, thread_.get_executor(), settings)) {}
  template <class Work>
  void on_strand(Work work) {
    thread_.loop().sync(std::move(work));
  }
  void run_until(const std::atomic<bool>& over) { over.wait(false); }

 private:
  io_thread thread_;

 public:
  curl_async_client<io_loop::executor> client;
};

// The loop is run by the test, step by step.
class own_loop {
 public:
  explicit own_loop(std::uint16_t port, const options& settings = impatient())
      : client(curl_client_of(port, loop_.get_executor(), settings)) {}
  template <class Work>
  void on_strand(Work work) {
    loop_.sync(std::move(work));
  }
  void run_until(const std::atomic<bool>& over) {
    while (!over) loop_.run_once(ticks{20});
  }

 private:
  io_loop loop_;

 public:
  curl_async_client<io_loop::executor> client;
};

// The same with adds that share requests.
struct sharing_on_thread : own_thread {
  explicit sharing_on_thread(std::uint16_t port) : own_thread(port, sharing()) {}
};
struct sharing_on_loop : own_loop {
  explicit sharing_on_loop(std::uint16_t port) : own_loop(port, sharing()) {}
};

// ---- calls -----------------------------------------------------------------------------------------------------------

// One call: what was asked, and what came of it. All but the flag belongs to the strand, or to the thread that waits.
struct call_slot {
  enum class kind : std::uint8_t { add, add_known, add_invalid, update, bulk, find, list, stream };

  bool is_over() const noexcept { return answers != 0 || dropped; }
  void keep(const error& e) noexcept {
    ++answers;
    code = e.code;
    outcome = e.code == errc::ok ? auditor::outcome::delivered : e.outcome;
  }

  kind what{};
  std::string id;
  std::vector<record> batch;
  bulk_report report;
  cancel_flag flag;

  int answers = 0;
  bool dropped = false;
  errc code{};
  auditor::outcome outcome{};
  std::string_view complaint;
  std::coroutine_handle<> frame;
  void* running = nullptr;  // of a call that can be cancelled on the strand
  void (*cancel)(void*) noexcept = nullptr;
};

constexpr std::size_t known_records = 100;
constexpr std::chrono::hours known_runtime{1};
std::string known_id(std::size_t i) { return "known-" + std::to_string(i % known_records); }
query known() { return query{}.with_meta("kind", contains("known")); }

struct extent {
  std::size_t calls, at_once;
  ticks longest{};  // 0: most calls have no limit of time
};

// Makes calls on the strand, so many at once. When one is over its completion makes the next, and cancels or drops others.
template <class Bench>
class storm {
 public:
  using kind = call_slot::kind;

  storm(Bench& bench, std::uint32_t seed, const extent& how_much, signal& progress)
      : bench_(bench), extent_(how_much), random_(seed), progress_(progress), slots_(how_much.calls) {}

  void begin(int others) {
    parties_ = 1 + others;
    bench_.on_strand([this] {
      for (std::size_t i = 0; i < extent_.at_once; ++i) launch();
    });
  }
  void party_over() {
    if (--parties_ != 0) return;
    over_ = true;
    over_.notify_all();
  }
  void wait() {
    bench_.run_until(over_);
    bench_.on_strand([this] {
      for (call_slot& each : slots_)
        if (each.frame && !each.dropped) each.frame.destroy();
    });
  }

  // From any thread.
  void set_a_flag(std::uint32_t which) noexcept {
    const std::size_t most = (std::min)(launched_.load(), extent_.at_once * 2);
    if (most != 0) slots_[launched_ - 1 - which % most].flag.request();
  }
  bool is_over() const noexcept { return over_; }

  const std::deque<call_slot>& slots() const noexcept { return slots_; }

 private:
  bool chance(unsigned percent) { return random_() % 100 < percent; }

  call_options limits_of(const call_slot& slot) {
    call_options all;
    if (chance(50)) all.cancel = &slot.flag;
    if (chance(15)) all.timeout = ticks{1 + random_() % 8};
    if (extent_.longest != ticks{})
      all.timeout = ticks{1 + random_() % static_cast<std::uint32_t>(extent_.longest.count())};
    return all;
  }

  void launch() {
    const std::size_t i = launched_;
    if (i == slots_.size()) return;
    ++launched_;
    ++open_;
    call_slot& slot = slots_[i];
    slot.id = "new-" + std::to_string(i);
    const auto dice = random_() % 100;
    if (dice < 50)
      add(slot, kind::add, open_record(slot.id));
    else if (dice < 55)
      add(slot, kind::add_known, open_record(slot.id = known_id(i)));
    else if (dice < 60)
      add(slot, kind::add_invalid, open_record(slot.id).with_meta("", "no name"));
    else if (dice < 70)
      bulk(slot);
    else if (dice < 80)
      update(slot, known_id(i));
    else if (dice < 85)
      find(slot, known_id(i));
    else if (dice < 88)
      list(slot);
    else
      slot.frame = stream(slot, limits_of(slot), 1 + random_() % (2 * known_records)).release();
  }

  void add(call_slot& slot, kind what, const record& r) {
    slot.what = what;
    call(slot, [this, r, all = limits_of(slot)](auto how) { return bench_.client.add(r, all, std::move(how)); });
  }
  void bulk(call_slot& slot) {
    slot.what = kind::bulk;
    for (std::size_t n = 1 + random_() % 12; n != 0; --n)
      slot.batch.push_back(open_record(slot.id + '-' + std::to_string(n)));
    bulk_insert_options several = limits_of(slot);
    several.in_flight = 1 + random_() % 3;
    call(slot,
         [this, &slot, all = several](auto how) { return bench_.client.bulk_insert(slot.batch, all, std::move(how)); });
  }
  void update(call_slot& slot, const std::string& id) {
    slot.what = kind::update;
    slot.id = id;
    const record r = open_record(id).with_stop_time(start + known_runtime);
    call(slot, [this, r, all = limits_of(slot)](auto how) { return bench_.client.update(r, all, std::move(how)); });
  }
  void find(call_slot& slot, const std::string& id) {
    slot.what = kind::find;
    slot.id = id;
    call(slot, [this, id, all = limits_of(slot)](auto how) { return bench_.client.find(id, all, std::move(how)); });
  }
  void list(call_slot& slot) {
    slot.what = kind::list;
    call(slot,
         [this, all = limits_of(slot)](auto how) { return bench_.client.advanced_query(known(), all, std::move(how)); });
  }

  // Half of them by callback, half awaited: only those can be cancelled and dropped.
  template <class Make>
  void call(call_slot& slot, Make make) {
    if (chance(50))
      slot.frame = await(slot, std::move(make)).release();
    else
      make([this, &slot](auto answer) { this->answered(slot, std::move(answer)); });
  }
  template <class Make>
  task await(call_slot& slot, Make make) {
    auto call = make(use_pending);
    slot.running = &call;
    slot.cancel = [](void* running) noexcept { static_cast<decltype(call)*>(running)->cancel(); };
    auto answer = co_await call;
    slot.cancel = nullptr;
    answered(slot, std::move(answer));
  }
  task stream(call_slot& slot, call_options limits, std::size_t most) {
    slot.what = kind::stream;
    auto records = bench_.client.stream(known(), limits);
    slot.running = &records;
    slot.cancel = [](void* running) noexcept { static_cast<decltype(records)*>(running)->cancel(); };
    record r;
    std::size_t seen = 0;
    for (bool more = true; more && seen < most; seen += more) more = co_await records.next(r, use_pending);
    slot.cancel = nullptr;
    const auto end = records.finish();
    if (end && end->state == completeness::complete && seen != known_records) slot.complaint = "records are missing";
    if (end && end->state == completeness::none_found) slot.complaint = "nothing was found";
    answered(slot, end);
  }

  void answered(call_slot& slot, const result<receipt>& answer) {
    // A repeat after a lost answer takes the record that it meets for its own.
    const bool own = !answer || answer->how == delivery::stored || answer->how == delivery::already_stored;
    if (!own) slot.complaint = "stored in a way that was not asked for";
    if (slot.what == kind::add_known && answer && answer->how == delivery::already_stored)
      return ended(slot, errc::record_exists);
    ended(slot, answer.error());
  }
  template <class T>
  void answered(call_slot& slot, const result<T>& answer) {
    ended(slot, answer.error());
  }
  void answered(call_slot& slot, const result<std::optional<record>>& answer) {
    if (answer && !answer->has_value()) slot.complaint = "nothing was found";
    ended(slot, answer.error());
  }
  void answered(call_slot& slot, const result<record_list>& answer) {
    if (answer && answer->size() != known_records) slot.complaint = "records are missing";
    ended(slot, answer.error());
  }
  void answered(call_slot& slot, bulk_report report) {
    slot.report = std::move(report);
    ended(slot, {});
  }

  void ended(call_slot& slot, const error& e) {
    slot.keep(e);
    if (slot.answers != 1) return;
    --open_;
    progress_.raise();
    launch();
    constexpr int deep = 5;  // a call that is cancelled comes to its end in here
    ++depth_;
    if (depth_ < deep && chance(20)) disturb(&storm::cancel);
    if (depth_ < deep && chance(15)) disturb(&storm::drop);
    --depth_;
    if (open_ == 0 && launched_ == slots_.size() && !std::exchange(strand_over_, true)) party_over();
  }

  void disturb(void (storm::*how)(call_slot&)) {
    call_slot& one = slots_[launched_ - 1 - random_() % (std::min)(launched_.load(), extent_.at_once * 2)];
    if (!one.is_over() && one.cancel != nullptr) (this->*how)(one);
  }
  void cancel(call_slot& one) { one.cancel(one.running); }
  void drop(call_slot& one) {
    one.dropped = true;
    one.frame.destroy();
    --open_;
    launch();
  }

  Bench& bench_;
  const extent extent_;
  std::mt19937 random_;  // the strand's, as all that follows but the flags
  signal& progress_;
  std::deque<call_slot> slots_;
  std::atomic<std::size_t> launched_{0};
  std::size_t open_ = 0;
  int depth_ = 0;
  bool strand_over_ = false;
  std::atomic<int> parties_{0};
  std::atomic<bool> over_{false};
};

// Adds one record after the other by `use_future`.
template <class Bench>
void add_and_wait(Bench& bench, std::uint32_t seed, const extent& how_much, std::deque<call_slot>& slots) {
  std::mt19937 random(seed);
  for (std::size_t i = 0; i < how_much.calls / 10; ++i) {
    call_slot& slot = slots.emplace_back();
    slot.id = "waited-" + std::to_string(seed) + '-' + std::to_string(i);
    call_options all{.cancel = &slot.flag};
    if (random() % 4 == 0) all.timeout = ticks{1 + random() % 8};
    if (how_much.longest != ticks{}) all.timeout = ticks{1 + random() % 50};
    auto answer = bench.client.add(open_record(slot.id), all, use_future);
    if (random() % 4 == 0) slot.flag.request();
    slot.keep(answer.get().error());
  }
}

// What the server had to do with the ids.
struct evidence {
  std::map<std::string, std::size_t, std::less<>> inserts;  // of a server that never answers: what may have been
  bool answered = true;
};

// What is wrong with a record of which this was said.
std::string_view judge_insert(const std::string& id, outcome said, const evidence& server) {
  const auto found = server.inserts.find(id);
  const std::size_t inserts = found == server.inserts.end() ? 0 : found->second;
  if (inserts > 1) return "stored twice";
  switch (said) {
    case outcome::delivered:
      if (!server.answered) return "a success that cannot be";
      return inserts == 1 ? "" : "said to be stored, and is not there";
    case outcome::rejected:
    case outcome::not_applied: return inserts == 0 ? "" : "said not to be stored, and is there";
    case outcome::duplicate: return "said to have been there before";
    case outcome::unknown: return "";
  }
  return "?";
}

std::string_view judge(const call_slot& slot, const evidence& server) {
  using kind = call_slot::kind;
  if (slot.answers != (slot.dropped ? 0 : 1)) return slot.answers == 0 ? "no answer" : "too many answers";
  if (!slot.complaint.empty()) return slot.complaint;
  if (slot.dropped) return slot.what == kind::add ? judge_insert(slot.id, outcome::unknown, server) : "";
  if (slot.what == kind::bulk) {
    if (slot.report.size() != slot.batch.size()) return "a report of another size";
    for (std::size_t i = 0; i < slot.batch.size(); ++i)
      if (const auto wrong = judge_insert(slot.batch[i].record_id, slot.report[i].outcome, server); !wrong.empty())
        return wrong;
    return "";
  }
  switch (slot.code) {
    case errc::ok:
      if (slot.what == kind::add_known || slot.what == kind::add_invalid || !server.answered)
        return "a success that cannot be";
      break;
    case errc::cancelled:
    case errc::timed_out:
    case errc::connect_failed:
    case errc::connection_lost: break;
    case errc::record_exists:
      if (slot.what == kind::add && slot.outcome == outcome::unknown)
        break;  // an answer was lost, and so were the look-ups
      return slot.what == kind::add_known ? "" : "another error than can be";
    case errc::invalid_record: return slot.what == kind::add_invalid ? "" : "another error than can be";
    default: return "another error than can be";
  }
  return slot.what == kind::add || slot.what == kind::add_invalid ? judge_insert(slot.id, slot.outcome, server) : "";
}

void judge_all(const std::deque<call_slot>& slots, const evidence& server) {
  for (const call_slot& slot : slots) {
    const std::string_view wrong = judge(slot, server);
    if (wrong.empty()) continue;
    FAIL_CHECK(slot.id << ", call " << static_cast<int>(slot.what) << ": " << wrong << " (" << to_string(slot.code) << ", "
                       << to_string(slot.outcome) << ")");
  }
}

// Lets a storm rage, with threads that set flags and threads that wait, until all of it is over.
template <class Bench, class Evidence>
void rage(Bench& bench, std::uint32_t seed, const extent& how_much, signal& progress, Evidence evidence_of) {
  constexpr std::uint32_t setters = 2, waiters = 2;
  const watchdog dog(seed);
  storm<Bench> calls(bench, seed, how_much, progress);
  std::deque<call_slot> waited[waiters];
  calls.begin(waiters);
  std::vector<std::thread> threads;
  for (std::uint32_t i = 0; i < setters; ++i)
    threads.emplace_back([&, random = std::mt19937(seed + 100 + i)]() mutable {
      for (std::uint32_t now = 0; !calls.is_over(); now = progress.wait(now))
        calls.set_a_flag(static_cast<std::uint32_t>(random()));
    });
  for (std::uint32_t i = 0; i < waiters; ++i)
    threads.emplace_back([&, i] {
      add_and_wait(bench, seed * waiters + i, how_much, waited[i]);
      calls.party_over();
    });
  calls.wait();
  progress.raise();
  for (std::thread& each : threads) each.join();

  INFO("AUDITOR_STORM_SEED=" << seed);
  const evidence server = evidence_of();
  judge_all(calls.slots(), server);
  for (const auto& each : waited) judge_all(each, server);
}

template <class Bench, class Start>
auto ask(Bench& bench, Start start_call) {
  std::optional<decltype(start_call(bench.client, use_future).get())> answer;
  std::atomic<bool> over{false};
  start_call(bench.client, [&](auto got) {
    answer.emplace(std::move(got));
    over = true;
    over.notify_all();
  });
  bench.run_until(over);
  bench.on_strand([] {});  // the handler has returned
  return *std::move(answer);
}

// Against a sandbox that loses requests and answers on its own.
template <class Bench>
void rage_at_sandbox(std::uint32_t seed, const extent& how_much) {
  signal progress;
  std::atomic<std::size_t> requests{0};
  sandbox store;
  for (std::size_t i = 0; i < known_records; ++i) store.store(open_record(known_id(i), "known"));
  store.watch([&](const sandbox_request&) {
    const std::size_t number = ++requests;
    if (number % 9 == 0) store.commit_then_lose();
    if (number % 14 == 0) store.lose_requests();
    progress.raise();
  });
  sandbox_server http(store);
  Bench bench(http.port());
  rage(bench, seed, how_much, progress, [&] {
    evidence server;
    for (const sandbox_change& each : store.log())
      if (each.kind == sandbox_change::what::insert) ++server.inserts[each.record_id];
    return server;
  });

  store.watch({});
  // The watcher may be at work for a request that nobody waits for any more: behind this one it is not.
  static_cast<void>(ask(bench, [](auto& c, auto how) { return c.health_check({}, std::move(how)); }));
  store.heal();
  const auto healthy = ask(bench, [](auto& c, auto how) { return c.health_check({}, std::move(how)); });
  CHECK(healthy.has_value());
  const auto added = ask(bench, [](auto& c, auto how) { return c.add(open_record("afterwards"), {}, std::move(how)); });
  CHECK(added.has_value());
  const auto all = ask(bench, [](auto& c, auto how) { return c.advanced_query(known(), {}, std::move(how)); });
  CHECK(all.has_value());
  CHECK(all->size() == known_records);
}

// Against a server that takes requests and does not come to an end with any of them.
template <class Bench>
void rage_at_silence(std::uint32_t seed, const extent& how_much) {
  signal progress;
  std::mutex mutex;
  std::string heard;
  scripted_server server([&](loopback::connection& c) {
    const std::string request = c.receive();
    {
      const std::lock_guard lock(mutex);
      heard += request;
    }
    progress.raise();
    switch (c.number % 6) {
      case 0: return;
      case 1: return c.reset();
      case 2: c.send("HTTP/1.1 200 OK\r\nContent-Le"); break;
      case 3: c.send(loopback::chunked_head); break;
      case 4: c.send(std::string(loopback::chunked_head) + loopback::chunk("{\"record_id\":\"a")); break;
      default: break;
    }
    c.wait_for_close();
  });
  Bench bench(server.port());
  rage(bench, seed, how_much, progress, [&] {
    constexpr std::string_view before = R"("record_id":")";
    const std::lock_guard lock(mutex);
    evidence all{.inserts = {}, .answered = false};
    for (std::size_t at = 0; (at = heard.find(before, at)) != std::string::npos;) {
      at += before.size();
      all.inserts[heard.substr(at, heard.find('"', at) - at)] = 1;
    }
    return all;
  });
}

std::uint32_t seed() {
  const char* const given = std::getenv("AUDITOR_STORM_SEED");
  return given == nullptr ? 1 : static_cast<std::uint32_t>(std::strtoul(given, nullptr, 10));
}

}  // namespace

#ifdef AUDITOR_OWN_BUILD_HAS_BEAST
#define AUDITOR_BENCHES                                                                                                 \
  own_loop, own_thread, sharing_on_loop, sharing_on_thread, curl_on_asio_thread, curl_on_asio_threads, beast_on_thread, \
      beast_on_threads, sharing_beast_on_threads
#else
#define AUDITOR_BENCHES own_loop, own_thread, sharing_on_loop, sharing_on_thread
#endif

TEMPLATE_TEST_CASE("in a storm each call is answered once, and as the server has it", "", AUDITOR_BENCHES) {
  rage_at_sandbox<TestType>(seed(), {.calls = 600, .at_once = 150});
}

TEMPLATE_TEST_CASE("in a storm at a server that comes to no end each call comes to one", "", AUDITOR_BENCHES) {
  rage_at_silence<TestType>(seed(), {.calls = 150, .at_once = 100, .longest = ticks{250}});
}

TEMPLATE_TEST_CASE("a storm may last", "[deep]", AUDITOR_BENCHES) {
  for (std::uint32_t i = 0; i < 5; ++i) {
    rage_at_sandbox<TestType>(seed() + i, {.calls = 3'000, .at_once = 300});
    rage_at_silence<TestType>(seed() + i, {.calls = 300, .at_once = 200, .longest = ticks{500}});
  }
}
