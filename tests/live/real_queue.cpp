// Database and server are killed while producers put records into a durable queue and somebody else writes too; afterwards the table is
// compared with what was accepted. SPDX-License-Identifier: MIT OR Apache-2.0
#include "real_chaos.hpp"

#include <auditor/json/record_decoder.hpp>
#include <auditor/queue/sqlite_queue.hpp>

#include <atomic>
#include <cstdio>
#include <filesystem>
#include <random>
#include <set>
#include <thread>
#include <unistd.h>

using namespace live;

namespace {

constexpr std::size_t producers = 4, of_each = 12'500, all_of_them = producers * of_each;
constexpr std::int64_t ours = 1, theirs = 2;

// Where the other writer tries to be first, with other content.
bool is_contested(std::size_t number) { return number % 50 == 7; }
// What is closed by an update.
bool is_closed_later(std::size_t number) { return number % 5 == 0; }

// The records of one producer, a few at a time; how many were accepted.
std::size_t produce(auditor::sqlite_queue& queue, const records& mine, std::size_t first, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::size_t accepted = 0;
  for (std::size_t next = first; next < first + of_each;) {
    std::vector<auditor::record> some;
    for (std::size_t left = 1 + random() % 20; left > 0 && next < first + of_each; --left, ++next)
      some.push_back(owned(mine, next, ours));
    if (queue.bulk_insert(some)) accepted += some.size();
    for (auditor::record& r : some)
      if (is_closed_later(number_of(r.record_id)) && !queue.update(r.with_stop_time(r.start_time + 1h))) return 0;
  }
  return accepted;
}

void write_elsewhere(const records& mine, const std::atomic<bool>& done) {
  auto client = connect();
  for (std::size_t number = 0; number < all_of_them && !done; ++number)
    if (is_contested(number)) (void)client.add(owned(mine, number, theirs));
}

}  // namespace

TEST_CASE("a queue accepts 50,000 records and all are stored, although database and server are killed", "[real][chaos]") {
  if (!owns_real_server()) return;
  const std::uint32_t seed = new_seed();
  CAPTURE(seed);
  std::mt19937 random(seed);
  const records mine;
  const aftermath clean(mine);
  const auto folder = std::filesystem::temp_directory_path() / ("auditor-live-queue-" + std::to_string(getpid()));
  std::filesystem::create_directory(folder);

  auditor::queue_options settings;
  settings.first_wait = 100ms;
  settings.longest_wait = settings.probe = 1s;
  auto queue = auditor::client_builder()
                   .connection_string(servers::under_test().url())
                   .build_queued((folder / "queue").string(), settings);
  REQUIRE(queue);

  const stop_watch watch;
  assassin killer;
  std::atomic<bool> done = false;
  std::vector<std::size_t> accepted(producers);
  std::vector<std::thread> threads;
  for (std::size_t p = 0; p < producers; ++p)
    threads.emplace_back(
        [&, p] { accepted[p] = produce(*queue, mine, p * of_each, seed + static_cast<std::uint32_t>(p)); });
  std::thread elsewhere([&] { write_elsewhere(mine, done); });
  for (int i = 0; i < 8; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(300 + random() % 1500));
    i % 2 == 0 ? killer.kill_database_and_restart() : killer.kill_server_and_restart();
  }
  killer.wait();
  for (std::thread& each : threads) each.join();
  const double enqueued = watch.seconds();
  CHECK(accepted == std::vector<std::size_t>(producers, of_each));
  const bool flushed = queue->flush(180s);
  CHECK(flushed);
  done = true;
  elsewhere.join();

  std::set<std::size_t> dead;
  std::size_t strange = 0;
  for (std::uint64_t after = 0;;) {
    const auto letters = queue->dead_letters(after);
    REQUIRE(letters);
    if (letters->empty()) break;
    for (const auditor::dead_letter& each : *letters) {
      after = each.entry.number;
      auditor::record r;
      REQUIRE(auditor::decode_record(each.entry.json, r).code == auditor::errc::ok);
      if (each.code != auditor::errc::conflict || !dead.insert(number_of(r.record_id)).second) ++strange;
    }
  }
  const auditor::queue_rest rest = queue->close(1s);
  CHECK(rest.waiting == 0);
  std::filesystem::remove_all(folder);

  const table all = table::of(mine);
  std::size_t lost = 0, wrong = 0;
  for (std::size_t number = 0; number < all_of_them; ++number) {
    const std::int64_t owner = all.owner(number);
    const bool is_dead = dead.count(number) != 0;
    if (owner == 0) ++lost;
    if (owner != 0 && owner != (is_dead ? theirs : ours)) ++wrong;
    if (is_dead && !is_contested(number)) ++wrong;
    if (owner == ours && all.rows.at(number).closed != is_closed_later(number)) ++wrong;
  }
  CHECK(all.rows.size() == all_of_them);
  CHECK(all.doubled == 0);
  CHECK(lost == 0);
  CHECK(wrong == 0);
  CHECK(strange == 0);
  CHECK(killer.kills() == 8);
  std::printf(
      "chaos: seed %u, a queue, %zu records by %zu producers in %.1f s, delivered after %.1f s: %d kills, %zu lost, %zu "
      "doubled, %zu wrong, "
      "%zu were another's\n",
      seed, all_of_them, producers, enqueued, watch.seconds(), killer.kills(), lost, all.doubled, wrong, dead.size());
}
