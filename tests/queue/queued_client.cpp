// What a queue accepts, delivers, buries and says, over a sandbox and with the thread that it has.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include <auditor/auditor.hpp>
#include <auditor/queue/memory_store.hpp>
#include <auditor/queue/queued_client.hpp>
#include <auditor/sandbox/sandbox.hpp>
#include <auditor/sandbox/transport.hpp>

#include <atomic>
#include <chrono>
#include <mutex>
#include <new>
#include <span>
#include <string>
#include <thread>
#include <vector>
#if defined(__unix__)
#include <sys/wait.h>
#include <unistd.h>
#endif

#include "../catch.hpp"

using auditor::errc;
using auditor::queue_event;
using auditor::record;
using auditor::route;
using namespace std::chrono_literals;

namespace {

constexpr auditor::timestamp start(std::chrono::hours(24 * 20'000));

record job(int i) { return record{"job-" + std::to_string(i), start}.with_component(auditor::component{"CPU", 8}); }
record ended(int i) { return job(i).with_stop_time(start + 1h); }

// So that no test waits for long.
auditor::queue_options quick() {
  auditor::queue_options all;
  all.first_wait = 2ms;
  all.longest_wait = 20ms;
  all.late_update = 50ms;
  return all;
}
auditor::options once() {
  auditor::options all;
  all.retry.write_attempts = 1;
  all.retry.read_attempts = 1;
  return all;
}

template <class Store>
auto queue_to(auditor::sandbox& server, Store store, const auditor::queue_options& settings = quick()) {
  return auditor::queued_client(auditor::client(auditor::sandbox_transport(server), once()), std::move(store), settings);
}
auto queue_to(auditor::sandbox& server, const auditor::queue_options& settings = quick()) {
  return queue_to(server, auditor::memory_store(), settings);
}

bool holds(const auditor::sandbox& server, const record& expected) {
  const auto stored = server.find(expected.record_id);
  return stored && compare_records(expected, *stored).match == auditor::record_match::equal;
}

// Until something is so, which it soon is.
template <class Check>
bool comes(const Check& check) {
  for (int i = 0; i < 5'000 && !check(); ++i) std::this_thread::sleep_for(1ms);
  return check();
}

// What a queue tells.
struct listener {
  mutable std::mutex guard;
  std::vector<queue_event> heard;

  auditor::queue_observer ear() {
    return [this](const queue_event& event) {
      const std::lock_guard lock(guard);
      heard.push_back(event);
    };
  }
  std::size_t count(queue_event::type what) const {
    const std::lock_guard lock(guard);
    std::size_t n = 0;
    for (const queue_event& each : heard) n += each.what == what ? 1u : 0u;
    return n;
  }
};

// Counts its commits, which take a while, and fails when it is told to.
class slow_store : public auditor::memory_store {
 public:
  struct state {
    std::atomic<int> commits{0};
    std::atomic<bool> fails{false}, keeps_nothing_settled{false};
  };
  explicit slow_store(state& of) : of_(&of) {}

  auditor::error append(std::span<const auditor::new_entry> entries) {
    std::this_thread::sleep_for(2ms);
    if (of_->fails) return auditor::error(errc::storage_failed, "slow_store: no space left");
    ++of_->commits;
    return memory_store::append(entries);
  }
  auditor::error settle(std::span<const std::uint64_t> numbers, auditor::timestamp hold_until) {
    if (of_->keeps_nothing_settled) return auditor::error(errc::storage_failed, "slow_store: read-only");
    return memory_store::settle(numbers, hold_until);
  }
  // So that producers share its commits.
  auditor::durability level() const noexcept { return auditor::durability::power_loss; }

 private:
  state* of_;
};

}  // namespace

TEST_CASE("what a queue accepts is delivered, and an update with its record") {
  auditor::sandbox server{{}};
  listener all;
  auditor::queue_options settings = quick();
  settings.observer = all.ear();
  auto queue = queue_to(server, settings);
  for (int i = 0; i < 1'000; ++i) {
    REQUIRE(queue.add(job(i)));
    if (i % 2 == 0) REQUIRE(queue.update(ended(i)));
  }
  REQUIRE(queue.bulk_insert(std::vector{ended(2'000), job(2'001)}));
  REQUIRE(queue.flush((auditor::ticks::max)()));
  CHECK(server.size() == 1'002);
  CHECK(holds(server, ended(0)));
  CHECK(holds(server, job(1)));
  const auditor::queue_metrics now = queue.metrics();
  CHECK(now.accepted == 1'502);
  CHECK(now.delivered == 1'502);
  CHECK(now.waiting == 0);
  CHECK(now.waiting_bytes == 0);
  CHECK(now.level == auditor::durability::none);
  CHECK(all.count(queue_event::type::delivered) > 0);
  CHECK(queue.close(1s));
}

// Writes each record with the name of its site in capitals.
struct shouting_codec : auditor::builtin_codec {
  static auditor::error encode(const auditor::record_view& from, std::string& out) {
    record shouted;
    assign(shouted, from);
    shouted.meta.set("site", "NORTH");
    return builtin_codec::encode(shouted, out);
  }
};

TEST_CASE("a client with a codec of its own writes what the queue delivers") {
  auditor::sandbox server;
  auditor::client<auditor::sandbox_transport, auditor::this_thread, shouting_codec> through(
      auditor::sandbox_transport(server), once());
  auditor::queued_client queue(std::move(through), auditor::memory_store(), quick());
  REQUIRE(queue.add(job(1).with_meta("site", "north")));
  REQUIRE(queue.flush(10s));
  CHECK(holds(server, job(1).with_meta("site", "NORTH")));
}

TEST_CASE("what is wrong with a record is said before it is accepted") {
  auditor::sandbox server{{}};
  auto queue = queue_to(server);
  const auto refused = queue.add(record{"", start});
  REQUIRE(!refused);
  CHECK(refused.error().code == errc::invalid_record);
  CHECK(refused.error().words() == "record_id: must not be empty");
  const auto open = queue.update(job(1));
  REQUIRE(!open);
  CHECK(open.error().words() == "stop_time: an update needs one");
  const auto third = queue.bulk_insert(std::vector{job(1), job(2), record{"job-3", auditor::unset_timestamp}, job(4)});
  REQUIRE(!third);
  CHECK(third.error().index == 2);
  CHECK(third.error().record_id() == "job-3");
  CHECK(queue.metrics().accepted == 0);
  CHECK(queue.bulk_insert(std::vector<record>()));
}

TEST_CASE("a full queue refuses, and keeps what it has") {
  auditor::sandbox server{{}};
  server.refuse_connections(auditor::sandbox::always);
  auditor::queue_options settings = quick();
  settings.max_entries = 3;
  auto queue = queue_to(server, settings);
  CHECK(queue.bulk_insert(std::vector{job(1), job(2)}));
  const auto both = queue.bulk_insert(std::vector{job(3), job(4)});
  REQUIRE(!both);
  CHECK(both.error().code == errc::buffer_full);
  CHECK(queue.add(job(3)));
  CHECK(!queue.add(job(4)));
  server.heal();
  REQUIRE(queue.flush(20s));
  CHECK(server.size() == 3);
  CHECK(queue.add(job(4)));
}

TEST_CASE("settings that make no sense are said by every call") {
  auditor::sandbox server{{}};
  auditor::queue_options settings = quick();
  settings.duplicates = auditor::on_duplicate::fail;
  auto queue = queue_to(server, settings);
  CHECK(queue.problem().code == errc::invalid_argument);
  const auto refused = queue.add(job(1));
  REQUIRE(!refused);
  CHECK(refused.error().words() == queue.problem().words());
  CHECK(queue.close(1ms));

  auditor::memory_store kept;
  REQUIRE(enqueue(kept, auditor::entry_kind::add, job(1)));
  auto with_one = queue_to(server, std::move(kept), settings);
  CHECK_FALSE(with_one.flush(1ms));
  CHECK(with_one.close(1ms).waiting == 1);
}

TEST_CASE("a dead letter is a line of JSON, whatever became of its text") {
  auditor::dead_letter letter;
  letter.entry.number = 7;
  letter.entry.json = "{\"record_id\":\"\xFF\n";
  letter.code = errc::json_syntax;
  letter.words = "\"cut\"";
  CHECK(json_line(letter) ==
        "{\"number\":7,\"kind\":\"add\",\"accepted\":\"1970-01-01T00:00:00Z\",\"died\":\"1970-01-01T00:00:00Z\","
        "\"code\":\"json_syntax\",\"status\":0,\"words\":\"\\\"cut\\\"\",\"record\":\"{\\\"record_id\\\":"
        "\\\"\xEF\xBF\xBD\\n\"}");
}

TEST_CASE("a server that is away is waited for") {
  auditor::sandbox server{{}};
  server.refuse_connections(auditor::sandbox::always);
  listener all;
  auditor::queue_options settings = quick();
  settings.observer = all.ear();
  auto queue = queue_to(server, settings);
  REQUIRE(queue.add(job(1)));
  REQUIRE(comes([&] { return all.count(queue_event::type::failed) > 2; }));
  CHECK_FALSE(queue.flush(10ms));
  CHECK(queue.metrics().last.code == errc::connect_failed);
  CHECK(queue.metrics().oldest.count() > 0);
  server.heal();
  REQUIRE(queue.flush(20s));
  CHECK(server.size() == 1);
  CHECK(queue.metrics().last.code == errc::ok);
}

TEST_CASE("a role that may not write pauses a queue, and buries nothing") {
  auditor::sandbox server{{}};
  server.deny(route::post_records);
  server.deny(route::post_record);
  listener all;
  auditor::queue_options settings = quick();
  settings.observer = all.ear();
  auto queue = queue_to(server, settings);
  REQUIRE(queue.add(job(1)));
  REQUIRE(comes([&] { return queue.metrics().adds_paused; }));
  CHECK(all.count(queue_event::type::paused) == 1);
  CHECK(queue.metrics().dead == 0);
  CHECK(queue.metrics().last.code == errc::not_authorised);
  server.heal();
  server.deny(route::post_records, false);
  server.deny(route::post_record, false);
  queue.resume();
  REQUIRE(queue.flush(20s));
  CHECK(server.size() == 1);
  CHECK(all.count(queue_event::type::resumed) == 1);
  CHECK_FALSE(queue.metrics().adds_paused);
}

TEST_CASE("updates that may not be sent do not hold up adds") {
  auditor::sandbox server{{}};
  server.store(job(1));
  server.deny(route::put_record);
  auto queue = queue_to(server);
  REQUIRE(queue.update(ended(1)));
  REQUIRE(comes([&] { return queue.metrics().updates_paused; }));
  REQUIRE(queue.add(job(2)));
  REQUIRE(comes([&] { return queue.metrics().waiting == 1; }));
  CHECK(server.size() == 2);
  server.deny(route::put_record, false);
  queue.resume();
  REQUIRE(queue.flush(20s));
  CHECK(holds(server, ended(1)));
}

TEST_CASE("what the server will never take becomes a dead letter, which can be sent again") {
  auditor::sandbox server{{}};
  server.store(ended(1).with_meta("site", "other"));
  auto queue = queue_to(server);
  REQUIRE(queue.bulk_insert(std::vector{job(1), job(2), job(3)}));
  REQUIRE(queue.update(ended(1)));
  REQUIRE(queue.flush(20s));
  CHECK(server.size() == 3);
  CHECK(holds(server, ended(1).with_meta("site", "other")));
  auto letters = queue.dead_letters();
  REQUIRE(letters);
  REQUIRE(letters->size() == 2);
  CHECK(letters->front().code == errc::conflict);
  CHECK(letters->front().words.find("meta") != std::string::npos);
  CHECK(letters->back().code == errc::record_not_found);
  std::vector<std::string> lines;
  const auto exported = queue.export_dead_letters([&](std::string_view line) { lines.emplace_back(line); });
  REQUIRE(exported);
  CHECK(*exported == 2);
  CHECK(lines[0].find("\"code\":\"conflict\"") != std::string::npos);
  CHECK(lines[0].find("\"record\":{\"record_id\":\"job-1\"") != std::string::npos);

  CHECK_FALSE(queue.retry(4'711));
  CHECK(queue.discard(letters->back().entry.number));
  server.archive(start + 24h * 365);
  REQUIRE(queue.retry(letters->front().entry.number));
  REQUIRE(queue.flush(20s));
  CHECK(holds(server, job(1)));
  CHECK(queue.metrics().dead == 0);
}

TEST_CASE("an update goes again once the dead letter of its record is discarded or sent again") {
  for (const bool is_discarded : {true, false}) {
    auditor::sandbox server{{}};
    server.store(job(1).with_meta("site", "other"));
    auto queue = queue_to(server);
    REQUIRE(queue.add(job(1)));
    REQUIRE(queue.flush(20s));
    REQUIRE(queue.update(ended(1)));
    REQUIRE(queue.flush(20s));
    const auto letters = queue.dead_letters();
    REQUIRE(letters);
    REQUIRE(letters->size() == 2);
    const std::uint64_t add = letters->front().entry.number, update = letters->back().entry.number;
    REQUIRE(queue.retry(update));  // alone it is dead again: it may be about another's record
    REQUIRE(queue.flush(20s));
    CHECK(queue.metrics().dead == 2);
    CHECK(server.requests(route::put_record) == 0);
    if (!is_discarded) server.archive(start + 24h * 365), server.store(job(1));
    CHECK((is_discarded ? queue.discard(add) : queue.retry(add)));
    REQUIRE(queue.retry(update + 1));
    REQUIRE(queue.flush(20s));
    CHECK(queue.metrics().dead == 0);
    CHECK(server.find("job-1")->stop_time);
  }
}

TEST_CASE("the age of the oldest entry is that of one which waits for its time too") {
  auditor::sandbox server{{}};
  auto queue = queue_to(server);
  REQUIRE(queue.update(ended(1)));
  REQUIRE(comes([&] { return queue.metrics().last.code == errc::record_not_found; }));
  REQUIRE(queue.add(job(2)));
  REQUIRE(comes([&] { return queue.metrics().delivered == 1; }));
  for (int i = 0; i < 20; ++i) {
    CHECK(queue.metrics().oldest.count() > 0);
    std::this_thread::sleep_for(1ms);
  }
}

TEST_CASE("what an observer hears is in the metrics, and in the store, and flush comes back behind it") {
  auditor::sandbox server{{}};
  server.store(job(1).with_meta("site", "other"));
  struct {
    std::mutex made;
    decltype(queue_to(server))* queue = nullptr;
    std::vector<std::uint64_t> delivered, told, found;
  } seen;
  auditor::queue_options settings = quick();
  settings.observer = [&seen](const queue_event& event) {
    const std::lock_guard lock(seen.made);
    if (event.what == queue_event::type::delivered) seen.delivered.push_back(seen.queue->metrics().delivered);
    if (event.what != queue_event::type::dead) return;
    seen.told.push_back(event.number);
    for (const auditor::dead_letter& each : seen.queue->dead_letters().value()) seen.found.push_back(each.entry.number);
  };
  auto queue = queue_to(server, settings);
  {
    const std::lock_guard lock(seen.made);
    seen.queue = &queue;
  }
  REQUIRE(queue.bulk_insert(std::vector{job(1), job(2)}));
  REQUIRE(queue.flush(20s));
  CHECK(seen.delivered == std::vector<std::uint64_t>{1});
  CHECK(seen.told == std::vector<std::uint64_t>{1});
  CHECK(seen.found == seen.told);
}

TEST_CASE("an observer hears of a delivery that a look at the server was needed for") {
  auditor::sandbox server{{}};
  server.store(ended(1));
  std::atomic<std::uint64_t> heard{0};
  auditor::queue_options settings = quick();
  settings.observer = [&heard](const queue_event& event) {
    if (event.what == queue_event::type::delivered) heard += event.entries;
  };
  auto queue = queue_to(server, settings);
  REQUIRE(queue.add(job(1)));  // somebody has set its stop time since
  REQUIRE(queue.flush(20s));
  CHECK(queue.metrics().delivered == 1);
  CHECK(heard == 1);
}

TEST_CASE("an interval is kept to, but not by flush and close") {
  auditor::sandbox server{{}};
  auditor::queue_options settings = quick();
  settings.interval = 1h;
  settings.window = 2;
  auto queue = queue_to(server, settings);
  REQUIRE(queue.add(job(1)));
  REQUIRE(comes([&] { return queue.metrics().delivered == 1; }));
  REQUIRE(queue.add(job(2)));
  std::this_thread::sleep_for(20ms);
  CHECK(server.size() == 1);
  for (int i = 3; i < 9; ++i) REQUIRE(queue.add(job(i)));
  REQUIRE(queue.flush(20s));
  CHECK(server.size() == 8);
  REQUIRE(queue.add(job(9)));
  std::this_thread::sleep_for(20ms);
  CHECK(server.size() == 8);
  REQUIRE(queue.add(job(10)));
  CHECK(queue.close(20s));
  CHECK(server.size() == 10);
}

TEST_CASE("an update waits for a record that somebody else adds") {
  auditor::sandbox server{{}};
  auto queue = queue_to(server);
  REQUIRE(queue.update(ended(1)));
  REQUIRE(queue.add(job(2)));
  REQUIRE(comes([&] { return queue.metrics().waiting == 1; }));
  CHECK(server.size() == 1);
  server.store(job(1));
  REQUIRE(queue.flush(20s));
  CHECK(holds(server, ended(1)));
}

TEST_CASE("an update of a record that never comes is a dead letter in the end") {
  auditor::sandbox server{{}};
  auditor::queue_options settings = quick();
  settings.unknown_record = 1ms;
  auto queue = queue_to(server, settings);
  REQUIRE(queue.update(ended(1)));
  REQUIRE(queue.flush(20s));
  CHECK(queue.metrics().dead == 1);
}

TEST_CASE("an update waits for its record from when the server first lacked it, however long that was out of reach") {
  auditor::sandbox server{{}};
  server.refuse_connections(auditor::sandbox::always);
  auditor::memory_store store;
  auditor::queue_options settings = quick();
  settings.unknown_record = 1h;
  const auto long_ago = auditor::detail::wall_clock() - 48h;
  std::string text;
  REQUIRE_FALSE(encode_record(ended(1), text));
  const auditor::new_entry old{auditor::entry_kind::update, long_ago, text};
  REQUIRE_FALSE(store.append({&old, 1}));
  auto queue = queue_to(server, std::move(store), settings);
  REQUIRE(comes([&] { return queue.metrics().last.code == errc::connect_failed; }));
  listener all;
  server.heal();
  REQUIRE(queue.add(job(2)));
  REQUIRE(comes([&] { return server.size() == 1; }));
  REQUIRE(comes([&] { return server.requests(route::put_record) > 1; }));
  CHECK(queue.metrics().dead == 0);
  server.store(job(1));
  REQUIRE(queue.flush(20s));
  CHECK(holds(server, ended(1)));
}

TEST_CASE("an entry that is no record any more is a dead letter, whatever it asked") {
  auditor::sandbox server{{}};
  auditor::memory_store store;
  const auditor::new_entry broken[] = {{auditor::entry_kind::update, start, R"({"record_id": "job-1")"},
                                       {auditor::entry_kind::add, start, "no JSON"}};
  REQUIRE_FALSE(store.append(broken));
  auto queue = queue_to(server, std::move(store));
  REQUIRE(queue.add(job(2)));
  REQUIRE(queue.flush(20s));
  CHECK(server.size() == 1);
  CHECK(queue.metrics().dead == 2);
}

TEST_CASE("an entry that is no valid record is a dead letter unsent, and the others of its window are delivered") {
  auditor::sandbox server{{}};
  auditor::memory_store store;
  std::vector<std::string> texts;
  for (int i = 1; i <= 3; ++i) {
    record each = job(i);
    if (i == 2) each.components[0].name = " ";
    REQUIRE_FALSE(encode_record(each, texts.emplace_back()));
    const auditor::new_entry entry{auditor::entry_kind::add, start, texts.back()};
    REQUIRE_FALSE(store.append({&entry, 1}));
  }
  listener all;
  auditor::queue_options settings = quick();
  settings.observer = all.ear();
  auto queue = queue_to(server, std::move(store), settings);
  REQUIRE(queue.flush(20s));
  CHECK(server.size() == 2);
  CHECK(server.requests(route::post_records) == 1);
  CHECK(queue.metrics().dead == 1);
  const std::lock_guard lock(all.guard);
  for (const queue_event& each : all.heard)
    if (to_string(each.what) == "dead") CHECK(each.why.words() == "components[0].name: must not be blank");
}

TEST_CASE("while nobody answers, the metrics say how long the oldest entry waits") {
  std::atomic<bool> is_asked{false}, answers{false};
  const auto ask = [&](const auditor::request_view&, const auditor::call&) -> auditor::result<auditor::whole_response> {
    is_asked = true;
    while (!answers) std::this_thread::sleep_for(1ms);
    return errc::connect_failed;
  };
  auditor::memory_store store;
  std::string text;
  REQUIRE_FALSE(encode_record(job(1), text));
  const auditor::new_entry entry{auditor::entry_kind::add, auditor::detail::wall_clock() - 1h, text};
  REQUIRE_FALSE(store.append({&entry, 1}));
  auditor::function_transport through{ask};
  auditor::queued_client queue{auditor::client{through, once()}, std::move(store), quick()};
  REQUIRE(comes([&] { return is_asked.load(); }));
  CHECK(queue.metrics().oldest >= 1h);
  answers = true;
}

TEST_CASE("a look that is lost does not pause the adds, and one that is refused does") {
  for (const bool is_refused : {false, true}) {
    auditor::sandbox server{{}};
    server.store(job(1));
    int looks = 0;
    server.watch([&](const auditor::sandbox_request& request) {
      if (request.method == "GET" && !is_refused && ++looks <= 3) server.lose_requests();
    });
    if (is_refused) server.deny(route::get_records);
    listener all;
    auditor::queue_options settings = quick();
    settings.observer = all.ear();
    auto queue = queue_to(server, settings);
    REQUIRE(queue.add(job(1)));
    if (is_refused) {
      CHECK(comes([&] { return queue.metrics().adds_paused; }));
    } else {
      REQUIRE(queue.flush(20s));
      CHECK(looks >= 3);
      CHECK(all.count(queue_event::type::failed) != 0);
    }
    CHECK((all.count(queue_event::type::paused) != 0) == is_refused);
  }
}

TEST_CASE("a record that the server has and cannot show holds up no others") {
  auditor::sandbox server{{}};
  server.store(job(1).with_component(auditor::component{"odd", 1}.with_score("S", 1.7976931348623157e308)));
  listener all;
  auditor::queue_options settings = quick();
  settings.observer = all.ear();
  auto queue = queue_to(server, settings);
  REQUIRE(queue.add(job(1)));
  for (int i = 2; i < 5; ++i) {
    REQUIRE(comes([&] { return queue.metrics().adds_paused; }));
    REQUIRE(queue.add(job(i)));
    REQUIRE(comes([&] { return server.find(job(i).record_id).has_value(); }));
  }
  CHECK(queue.metrics().waiting >= 1);
  CHECK(queue.metrics().dead == 0);
  queue.close(1ms);
  const std::size_t resumed = all.count(queue_event::type::resumed), paused = all.count(queue_event::type::paused);
  CHECK((paused == resumed || paused == resumed + 1));
}

TEST_CASE("lengths without end are no end of it") {
  auditor::sandbox server{{}};
  auditor::queue_options settings = quick();
  settings.late_update = settings.probe = settings.unknown_record = settings.suspicion = (auditor::ticks::max)();
  auto queue = queue_to(server, settings);
  REQUIRE_FALSE(queue.problem());
  server.commit_then_lose(2);
  REQUIRE(queue.add(ended(1)));
  REQUIRE(queue.flush(20s));
  server.deny(route::post_records);
  server.deny(route::post_record);
  REQUIRE(queue.add(job(2)));
  REQUIRE(comes([&] { return queue.metrics().adds_paused; }));
  const auto rest = queue.close(10ms);
  CHECK(rest.waiting == 1);
  CHECK(rest.why.code == errc::not_authorised);
}

TEST_CASE("answers that are lost double nothing") {
  auditor::sandbox server{{}};
  auto queue = queue_to(server);
  server.commit_then_lose(3);
  for (int i = 0; i < 50; ++i) REQUIRE(queue.add(job(i)));
  REQUIRE(queue.update(ended(7)));
  REQUIRE(queue.flush(20s));
  CHECK(server.size() == 50);
  CHECK(holds(server, ended(7)));
  CHECK(queue.metrics().dead == 0);
}

TEST_CASE("an entry that the store did not keep is named by its number") {
  // What a damaged file gives.
  class damaged_store : public auditor::memory_store {
   public:
    auditor::error append(std::span<const auditor::new_entry> entries) {
      std::vector<auditor::new_entry> cut(entries.begin(), entries.end());
      for (auditor::new_entry& each : cut)
        if (each.json.find("job-1") != std::string_view::npos)
          each.json = counts().last_number == 0 ? std::string_view() : each.json.substr(0, each.json.size() - 1);
      return memory_store::append(cut);
    }
  };
  auditor::sandbox server{{}};
  listener all;
  auditor::queue_options settings = quick();
  settings.observer = all.ear();
  auto queue = queue_to(server, damaged_store(), settings);
  for (const int i : {1, 2, 1, 3}) REQUIRE(queue.add(job(i)));
  REQUIRE(queue.flush(20s));
  CHECK(server.size() == 2);
  std::vector<std::string> words;
  {
    const std::lock_guard lock(all.guard);
    for (const queue_event& each : all.heard)
      if (each.what == queue_event::type::dead) words.emplace_back(each.why.words());
  }
  REQUIRE(words.size() == 2);
  CHECK(words[0] == "entry 1 is not in the store any more");
  CHECK(words[1].starts_with("entry 3 is not as it was accepted: "));
  CHECK(words[1].size() > 40);
}

TEST_CASE("producers that come together share a commit") {
  auditor::sandbox server{{}};
  slow_store::state store;
  auto queue = queue_to(server, slow_store(store));
  constexpr int producers = 16, each = 20;
  std::vector<std::thread> threads;
  std::atomic<int> refused{0};
  for (int p = 0; p < producers; ++p)
    threads.emplace_back([&, p] {
      for (int i = 0; i < each; ++i)
        if (!queue.add(job(p * each + i))) ++refused;
    });
  for (std::thread& one : threads) one.join();
  CHECK(refused == 0);
  CHECK(store.commits < producers * each / 4);
  REQUIRE(queue.flush(20s));
  CHECK(server.size() == producers * each);
}

TEST_CASE("a store that fails says so to all who wait for it, and works again") {
  auditor::sandbox server{{}};
  slow_store::state store;
  auto queue = queue_to(server, slow_store(store));
  store.fails = true;
  const auto refused = queue.add(job(1));
  REQUIRE(!refused);
  CHECK(refused.error().code == errc::storage_failed);
  CHECK(queue.metrics().accepted == 0);
  store.fails = false;
  CHECK(queue.add(job(1)));
  store.keeps_nothing_settled = true;
  REQUIRE(queue.add(job(2)));
  REQUIRE(comes([&] { return server.size() == 2; }));
  CHECK_FALSE(queue.flush(20ms));
  store.keeps_nothing_settled = false;
  REQUIRE(queue.flush(20s));
  CHECK(server.size() == 2);
}

#if AUDITOR_EXCEPTIONS
TEST_CASE("a store that throws while it accepts fails those whom it was about, and no others") {
  const auto level = GENERATE(auditor::durability::power_loss, auditor::durability::none);
  // Throws once, as one that finds no memory, when it is told to.
  class throwing_store : public auditor::memory_store {
   public:
    throwing_store(std::atomic<bool>& of, auditor::durability level) : throws_(&of), level_(level) {}
    auditor::durability level() const noexcept { return level_; }
    auditor::error append(std::span<const auditor::new_entry> entries) {
      std::this_thread::sleep_for(2ms);
      if (throws_->exchange(false)) throw std::bad_alloc();
      return memory_store::append(entries);
    }

   private:
    std::atomic<bool>* throws_;
    auditor::durability level_;
  };
  auditor::sandbox server{{}};
  std::atomic<bool> throws{true};
  auto queue = queue_to(server, throwing_store(throws, level));
  const auto refused = queue.add(job(0));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::storage_failed);
  REQUIRE(queue.add(job(1)));

  std::atomic<int> accepted{0}, failed{0};
  std::vector<std::thread> producers;
  for (int p = 0; p < 8; ++p)
    producers.emplace_back([&, p] {
      for (int i = 0; i < 20; ++i) {
        if (i == 10) throws = true;
        ++(queue.add(job(10 + 100 * p + i)) ? accepted : failed);
      }
    });
  for (std::thread& each : producers) each.join();
  CHECK(failed > 0);
  REQUIRE(queue.flush(20s));
  CHECK(server.size() == static_cast<std::size_t>(1 + accepted));
  CHECK(queue.metrics().accepted == static_cast<std::uint64_t>(1 + accepted));
  CHECK(queue.close(5s));
}
#endif

TEST_CASE("a closed queue accepts nothing, and says what is left") {
  auditor::sandbox server{{}};
  server.refuse_connections(auditor::sandbox::always);
  auto queue = queue_to(server);
  REQUIRE(queue.add(job(1)));
  const auditor::queue_rest rest = queue.close(20ms);
  CHECK_FALSE(rest);
  CHECK(rest.waiting == 1);
  CHECK(rest.why.code == errc::connect_failed);
  const auto refused = queue.add(job(2));
  REQUIRE(!refused);
  CHECK(refused.error().code == errc::cancelled);
  CHECK(queue.close(1s).waiting == 1);
  CHECK_FALSE(queue.flush(1ms));
}

TEST_CASE("a queue that cannot write what it has in memory says so when it is closed") {
  struct full_store : auditor::memory_store {
    bool is_full;
    explicit full_store(bool full) : is_full(full) {}
    auditor::error flush() const {
      return is_full ? auditor::error(auditor::errc::storage_failed, "the disk is full") : auditor::error();
    }
  };
  for (const bool is_full : {false, true}) {
    auditor::sandbox server{{}};
    server.refuse_connections(auditor::sandbox::always);
    auto queue = queue_to(server, full_store(is_full));
    REQUIRE(queue.add(job(1)));
    const auditor::queue_rest rest = queue.close(20ms);
    CHECK(rest.waiting == 1);
    CHECK(rest.why.code == (is_full ? auditor::errc::storage_failed : auditor::errc::connect_failed));
  }
}

#if defined(__unix__)
TEST_CASE("a child does not touch the queue of its parent") {
  auditor::sandbox server{{}};
  auto queue = queue_to(server);
  REQUIRE(queue.add(job(1)));
  const pid_t child = fork();
  if (child == 0) {
    int failed = 0;
    {
      auto inherited = std::move(queue);
      const auto refused = inherited.add(job(2));
      if (refused || refused.error().code != errc::invalid_argument) failed = 1;
      if (inherited.flush(1ms) || inherited.close(1ms)) failed = 2;
      if (inherited.dead_letters() || inherited.retry(1) || inherited.discard(1)) failed = 3;
      if (inherited.metrics().last.code != errc::invalid_argument) failed = 4;
      inherited.resume();
    }
    _exit(failed);
  }
  int status = -1;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  REQUIRE(queue.add(job(3)));
  REQUIRE(queue.flush(20s));
  CHECK(server.size() == 2);
}
#endif

TEST_CASE("behind a long backlog of another process every update waits, since its ids are too many to be kept") {
  for (const bool is_long : {false, true}) {
    auditor::sandbox server{{}};
    auditor::memory_store store;
    const int count = is_long ? 10'100 : 100;
    for (int i = 0; i < count; ++i) REQUIRE(enqueue(store, auditor::entry_kind::add, ended(i)));
    const record other = job(count);
    REQUIRE(auditor::client(auditor::sandbox_transport(server)).add(other));
    REQUIRE(enqueue(store, auditor::entry_kind::update, ended(count)));

    auditor::queue_options settings = quick();
    settings.late_update = is_long ? 1s : 1h;
    const auto opened = std::chrono::steady_clock::now();
    auto queue = queue_to(server, std::move(store), settings);
    REQUIRE(queue.flush(60s));
    if (is_long) CHECK(std::chrono::steady_clock::now() - opened >= settings.late_update);
    CHECK(holds(server, ended(count)));
  }
}
