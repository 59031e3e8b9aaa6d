// Database and server are killed while we read and write; afterwards the table is compared with what the client reported.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include "real_chaos.hpp"

#include <atomic>
#include <cstdio>
#include <map>
#include <random>
#include <thread>

using namespace live;
using auditor::errc;
using auditor::outcome;

namespace {

// How many requests there were.
struct requests {
  std::size_t count = 0;
  auditor::attempt_observer observer() {
    return [this](const auditor::attempt_event&) { ++count; };
  }
};

}  // namespace

TEST_CASE("200,000 records are read whole, each once, although database and server are killed in mid-answer",
          "[real][chaos]") {
  if (!owns_real_server()) return;
  const std::uint32_t seed = new_seed();
  CAPTURE(seed);
  std::mt19937 random(seed);
  const records mine;
  const aftermath clean(mine);
  constexpr std::size_t count = 200'000;

  requests sent;
  auditor::options settings;
  settings.observer = sent.observer();
  auto client = connect(servers::under_test().url(), settings);
  {
    std::vector<auditor::record> all;
    for (std::size_t i = 0; i < count; ++i) all.push_back(owned(mine, i, 1));
    const stop_watch watch;
    const auto report = client.bulk_insert(all);
    CAPTURE(message(report.error()));
    REQUIRE(report.delivered() == count);
    CHECK(report.requests() == count / 500);
    std::printf("chaos: %zu records inserted in %.1f s, %.0f a second\n", count, watch.seconds(),
                static_cast<double>(count) / watch.seconds());
  }

  const auto position = [&random] { return 5'000 + random() % (count - 60'000); };
  struct plan {
    std::vector<std::size_t> database_dies_at;
    std::size_t server_dies_at;
  };
  std::vector<plan> plans{{{position()}, 0}, {{position(), position()}, 0}, {{}, position()}, {{position()}, position()}};
  std::size_t whole = 0, truncated = 0, wrong = 0;
  assassin killer;
  const stop_watch watch;
  sent.count = 0;
  for (plan& now : plans) {
    std::sort(now.database_dies_at.begin(), now.database_dies_at.end());
    std::vector<unsigned char> seen(count);
    std::size_t shown = 0, next = 0, strange = 0;
    const auto visited = client.for_each(mine.all(), [&](const auditor::record_view& r) {
      const std::size_t number = number_of(r.record_id);
      if (number >= count || ++seen[number] != 1) ++strange;
      ++shown;
      if (next < now.database_dies_at.size() && shown >= now.database_dies_at[next])
        ++next, killer.kill_database_and_restart();
      if (shown == now.server_dies_at) killer.kill_server_and_restart();
    });
    CAPTURE(message(visited.error()), shown, strange);
    if (visited) {
      ++whole;
      CHECK(visited->state == auditor::completeness::complete);
      CHECK(visited->records == count);
      if (shown != count) ++wrong;
    } else {
      ++truncated;
      CHECK(visited.error().code == errc::truncated);
    }
    CHECK(strange == 0);
    wrong += strange;
    killer.wait();
  }
  {
    std::thread elsewhere([&killer, pause = std::chrono::milliseconds(500 + random() % 1500)] {
      std::this_thread::sleep_for(pause);
      killer.kill_database_and_restart();
    });
    const auto collected = client.advanced_query(mine.all());
    elsewhere.join();
    CAPTURE(message(collected.error()));
    if (collected) {
      ++whole;
      std::vector<unsigned char> seen(count);
      for (const auditor::record& r : *collected) ++seen[number_of(r.record_id) % count];
      const bool each_once =
          collected->size() == count && std::all_of(seen.begin(), seen.end(), [](int times) { return times == 1; });
      CHECK(each_once);
      if (!each_once) ++wrong;
    } else {
      ++truncated;
      CHECK(collected.error().code == errc::truncated);
    }
  }
  killer.wait();
  CHECK(killer.kills() >= 6);
  CHECK(wrong == 0);
  const std::size_t undisturbed = 5 * 2;  // two requests each: the last id, and the records
  CHECK(sent.count >= undisturbed + 3);   // so many answers at least were really cut
  std::printf(
      "chaos: seed %u, 5 reads of %zu records: %d kills, %zu requests more than without, %zu whole, %zu truncated, %zu "
      "short or doubled; %.0f s\n",
      seed, count, killer.kills(), sent.count - undisturbed, whole, truncated, wrong, watch.seconds());
}

namespace {

struct verdict {
  std::size_t lost = 0;
  std::size_t wrong = 0;
  std::size_t delivered = 0, duplicates = 0, not_applied = 0, unknown = 0;

  // `owner`: who has the record now, 0: nobody.
  void judge(std::int64_t me, std::int64_t owner, outcome result, errc code) {
    if (code == errc::ok) {
      ++delivered;
      if (owner == 0) ++lost;
      if (owner != 0 && owner != me) ++wrong;
    } else if (result == outcome::duplicate) {
      ++duplicates;
      if (owner == 0 || owner == me) ++wrong;
    } else if (result == outcome::not_applied) {
      ++not_applied;
      if (owner == me) ++wrong;
    } else if (result == outcome::unknown) {
      ++unknown;
    } else {
      ++wrong;  // rejected: nothing of ours is
    }
  }
};

// Sends block after block; every tenth id is the other writer's too, with other content.
class bulk_writer {
 public:
  static constexpr std::size_t block = 1500, most_blocks = 60, apart = 200'000;

  bulk_writer(const records& mine, std::int64_t me) : mine_(mine), me_(me), client_(connect()) {}

  void run(const std::atomic<bool>& done) {
    for (std::size_t b = 0; b < most_blocks && !done; ++b) {
      std::vector<std::size_t> numbers;
      for (std::size_t i = b * block; i < (b + 1) * block; ++i) numbers.push_back(number(i));
      send(numbers);
    }
  }
  // What may not have been stored, once more.
  void settle() {
    std::vector<std::size_t> numbers;
    for (const auto& [number, claim] : claims_)
      if (claim.outcome == outcome::unknown || claim.outcome == outcome::not_applied) numbers.push_back(number);
    send(numbers);
  }
  verdict judge(const table& all) const {
    verdict v;
    for (const auto& [number, claim] : claims_) v.judge(me_, all.owner(number), claim.outcome, claim.code);
    return v;
  }
  const std::map<std::size_t, auditor::record_outcome>& claims() const { return claims_; }

 private:
  std::size_t number(std::size_t i) const { return i % 10 == 0 ? i : i + static_cast<std::size_t>(me_) * apart; }

  void send(const std::vector<std::size_t>& numbers) {
    std::vector<auditor::record> batch;
    for (const std::size_t n : numbers) batch.push_back(owned(mine_, n, me_));
    const auto report = client_.bulk_insert(batch, {.duplicates = auditor::on_duplicate::compare});
    for (std::size_t i = 0; i < numbers.size(); ++i) claims_[numbers[i]] = report[i];
  }

  const records& mine_;
  std::int64_t me_;
  auditor::curl_client client_;
  std::map<std::size_t, auditor::record_outcome> claims_;
};

// Adds and closes one record after the other. Nobody else has these ids.
class single_writer {
 public:
  static constexpr std::int64_t me = 3;
  static constexpr std::size_t first = 800'000;

  explicit single_writer(const records& mine) : mine_(mine), client_(connect()) {}

  void run(const std::atomic<bool>& done) {
    for (std::size_t n = first; n < first + 20'000 && !done; ++n) {
      auto r = owned(mine_, n, me);
      const auto added = client_.add(r);
      added_.push_back(added.error());
      closed_.push_back(client_.update(r.with_stop_time(r.start_time + 1h)).error());
    }
  }
  verdict judge(const table& all) const {
    verdict v;
    for (std::size_t i = 0; i < added_.size(); ++i) {
      const std::int64_t owner = all.owner(first + i);
      v.judge(me, owner, added_[i].outcome, added_[i].code);
      const bool closed = owner != 0 && all.rows.at(first + i).closed;
      if (!closed_[i] && !closed) ++v.lost;
      if (closed_[i] && closed_[i].outcome != outcome::unknown && closed) ++v.wrong;
    }
    return v;
  }

 private:
  const records& mine_;
  auditor::curl_client client_;
  std::vector<auditor::error> added_;
  std::vector<auditor::error> closed_;
};

}  // namespace

TEST_CASE("what three writers report of their records is what the table holds, although database and server are killed",
          "[real][chaos]") {
  if (!owns_real_server()) return;
  const std::uint32_t seed = new_seed();
  CAPTURE(seed);
  std::mt19937 random(seed);
  const records mine;
  const aftermath clean(mine);
  const stop_watch watch;

  bulk_writer one(mine, 1), two(mine, 2);
  single_writer three(mine);
  std::atomic<bool> done{false};
  std::thread threads[] = {std::thread([&] { one.run(done); }), std::thread([&] { two.run(done); }),
                           std::thread([&] { three.run(done); })};
  int database_kills = 0, server_kills = 0;
  std::vector<int> deaths{0, 1, 0, 1, 0, 1, 0, 1};
  std::shuffle(deaths.begin(), deaths.end(), random);
  for (const int whose : deaths) {
    std::this_thread::sleep_for(std::chrono::milliseconds(300 + random() % 1200));
    if (whose == 0) {
      kill_database(), ++database_kills;
      std::this_thread::sleep_for(std::chrono::milliseconds(200 + random() % 1000));
      start_database();
    } else {
      run_program("server-kill"), ++server_kills;
      std::this_thread::sleep_for(std::chrono::milliseconds(random() % 500));
      run_program("server-start");
    }
  }
  std::this_thread::sleep_for(1s);
  done = true;
  for (std::thread& each : threads) each.join();
  REQUIRE(connect().health_check());

  const table held = table::of(mine);
  verdict all = three.judge(held);
  for (const bulk_writer* each : {&one, &two}) {
    const verdict v = each->judge(held);
    all.lost += v.lost, all.wrong += v.wrong, all.delivered += v.delivered, all.duplicates += v.duplicates;
    all.not_applied += v.not_applied, all.unknown += v.unknown;
  }

  // In peace everything comes to its place.
  one.settle();
  two.settle();
  const table after = table::of(mine);
  std::size_t missing = 0, unsettled = 0, wrong_in_the_end = 0;
  for (const bulk_writer* each : {&one, &two}) {
    const verdict v = each->judge(after);
    unsettled += v.unknown + v.not_applied;
    wrong_in_the_end += v.lost + v.wrong;
    for (const auto& [number, claim] : each->claims())
      if (after.owner(number) == 0) ++missing;
  }
  std::printf(
      "chaos: seed %u, %zu records by 3 writers: %d database kills, %d server kills; %zu delivered, %zu duplicates, %zu "
      "not applied, %zu unknown; "
      "%zu lost, %zu doubled, %zu reported wrongly; once more in peace: %zu unsettled, %zu missing; %.0f s\n",
      seed, all.delivered + all.duplicates + all.not_applied + all.unknown, database_kills, server_kills, all.delivered,
      all.duplicates, all.not_applied, all.unknown, all.lost, held.doubled + after.doubled, all.wrong + wrong_in_the_end,
      unsettled, missing, watch.seconds());
  CHECK(all.delivered > 0);
  CHECK(all.duplicates > 0);
  CHECK(all.lost == 0);
  CHECK(all.wrong == 0);
  CHECK(held.doubled + after.doubled == 0);
  CHECK(unsettled == 0);
  CHECK(missing == 0);
  CHECK(wrong_in_the_end == 0);
}
