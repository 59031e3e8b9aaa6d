// The power goes at every moment, and leaves any part of what had not been written through: what was accepted is there, once, in order; and calls of the system that fail.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include "../catch.hpp"
#include "histories.hpp"

#include <cstdio>
#include <string>
#include <vector>

using namespace sqlite_test;

namespace {

struct tally {
  std::uint64_t histories = 0, states = 0, lost = 0, failing = 0;
};

const char* name_of(disk_state::loss how) {
  switch (how) {
    case disk_state::loss::all: return "all that was not written through is lost";
    case disk_state::loss::nothing: return "nothing is lost";
    case disk_state::loss::some: return "some writes are lost";
    case disk_state::loss::torn_end: return "the last write is torn";
    case disk_state::loss::torn_sectors: return "some sectors are lost";
    case disk_state::loss::count: break;
  }
  return "?";
}

// The store over what is left, opened, read, and, now and then, used, with the power going again in the midst of that.
void examine(const files& left, const history& all, std::size_t events, bool kept, const std::string& path,
             auditor::sqlite_store_options options, recording_disk& disk, random_source& chance, tally& sum,
             const std::string& about) {
  ++sum.states;
  const auto complain = [&](const std::string& words) {
    if (sum.lost++ == 0) FAIL_CHECK(about << ", behind event " << events << ": " << words);
  };
  put(path, left);
  disk.records = false;
  const bool again = chance.percent(10);
  if (again) disk.record();
  std::string problem;
  held found;
  bool appended = false;
  std::size_t append_begins = 0, append_ends = 0;
  {
    auto store = sqlite_store::open(path, options);
    if (!store) return complain("does not open: " + std::string(store.error().words()));
    found = found_in(*store, problem);
    const bool may_be_changed = options.level == durability::process_crash && !kept;
    if (may_be_changed && problem == counters_differ && is_as_accepted_or_told(found, all)) return;
    if (!problem.empty()) return complain(problem);
    if (options.level == durability::none ? !may_be_found_of_none(found, all, events)
                                          : !may_be_found(found, all, events, kept))
      return complain("holds what no step had left: " + words_of(found) + all.shown(events));
    if (again) {
      append_begins = disk.events.size();
      const new_entry one{entry_kind::add, moment(1), "{\"again\":1}"};
      if (const error e = store->append({&one, 1})) return complain("does not append: " + std::string(e.words()));
      append_ends = disk.events.size();
      appended = true;
    }
  }
  disk.records = false;
  if (!appended) return;
  held with = found;
  with.waiting[++with.last] = {entry_kind::add, moment(1).time_since_epoch().count(), "{\"again\":1}"};
  const std::size_t end = chance.below(disk.events.size() + 1);
  disk_state twice(left);
  for (std::size_t i = 0; i < end; ++i) twice.happens(disk.events[i]);
  auto how = static_cast<disk_state::loss>(chance.below(static_cast<std::size_t>(disk_state::loss::count)));
  if (options.level == durability::none) how = disk_state::loss::nothing;
  put(path, twice.behind(how, chance));
  ++sum.states;
  auto store = sqlite_store::open(path, options);
  if (!store) return complain("does not open the second time: " + std::string(store.error().words()));
  const held second = found_in(*store, problem);
  if (!problem.empty()) return complain("the second time: " + problem);
  const bool has_to = options.level == durability::power_loss && end >= append_ends;
  const bool may = end >= append_begins;
  // What was found the first time was on the disk, but a level below says nothing of what a history left in the log.
  if (!(has_to ? second == with : second == found || (may && second == with)))
    complain("holds something else the second time");
}

void lose_power(std::uint64_t seed, auditor::sqlite_store_options options, std::size_t steps, std::size_t of_each,
                std::size_t every, tally& sum) {
  recording_disk disk;
  const folder at;
  const std::string path = at / "q";
  random_source chance(seed);
  std::ofstream(path).close();  // as the store makes it
  std::filesystem::permissions(path, std::filesystem::perms(0600));
  const files before = files_of(path);
  disk.record();
  history all(seed, disk, path, options);
  all.run(steps);
  disk.records = false;
  std::string problem;
  if (all.problem.empty() && !(found_in(*all.store(), problem) == all.now))
    all.problem = "holds something else: " + problem;
  const std::vector<disk_event> log = disk.events;  // up to here: what closing does is not part of it
  disk.record();
  all.close();
  std::vector<disk_event> events = log;
  events.insert(events.end(), disk.events.begin(), disk.events.end());
  disk.records = false;
  REQUIRE(all.problem == "");
  ++sum.histories;
  disk_state state(before);
  for (std::size_t i = 0; i <= events.size(); ++i) {
    if (i % every == 0 || (i < events.size() && chance.percent(5)))
      for (std::size_t k = 0; k < of_each; ++k) {
        const auto how = static_cast<disk_state::loss>((i + k) % static_cast<std::size_t>(disk_state::loss::count));
        examine(state.behind(how, chance), all, i, how == disk_state::loss::nothing && true, path, options, disk, chance,
                sum, "seed " + std::to_string(seed) + ", " + name_of(how));
        if (sum.lost != 0) return;
      }
    if (i < events.size()) state.happens(events[i]);
  }
}

// A file that was only made.
void lose_power_of_new(std::uint64_t seed, const auditor::sqlite_store_options& options, tally& sum) {
  recording_disk disk;
  const folder at;
  const std::string path = at / "q";
  random_source chance(seed);
  std::ofstream(path).close();
  std::filesystem::permissions(path, std::filesystem::perms(0600));
  const files before = files_of(path);
  disk.record();
  REQUIRE(sqlite_store::open(path, options));
  const std::vector<disk_event> events = disk.stop();
  disk_state state(before);
  for (std::size_t i = 0; i <= events.size() && sum.lost == 0; ++i) {
    for (int k = 0; k < 4; ++k) {
      put(path, state.behind(disk_state::loss::torn_sectors, chance));
      ++sum.states;
      if (const auto store = sqlite_store::open(path, options); !store && sum.lost++ == 0)
        FAIL_CHECK(to_string(options.level)
                   << ", seed " << seed << ", behind event " << i << ": " << store.error().words());
    }
    if (i < events.size()) state.happens(events[i]);
  }
}

void lose_power_of_new_ones(std::uint64_t seed, std::uint64_t end) {
  tally sum;
  for (; seed != end; ++seed)
    for (const durability level : {durability::power_loss, durability::process_crash, durability::none}) {
      auditor::sqlite_store_options options;
      options.level = level;
      options.log_pages = 1;  // of room that is kept, too
      lose_power_of_new(seed, options, sum);
    }
  CHECK(sum.lost == 0);
}

void lose_power_often(std::uint64_t states, std::uint64_t seed, std::size_t every) {
  tally sum;
  for (; sum.states < states && sum.lost == 0; ++seed) {
    auditor::sqlite_store_options options;
    options.log_pages = static_cast<std::uint32_t>(1 + seed % 5 * 9);
    if (seed % 4 == 3) options.level = seed % 8 == 3 ? durability::process_crash : durability::none;
    // There what a process accepts survives its end alone; what was in the file before is looked at by lose_power_later.
    if (options.level == durability::none) continue;
    lose_power(seed, options, 12 + seed % 30, 3, every, sum);
  }
  std::printf("power losses: %llu histories, %llu states: lost=%llu\n", static_cast<unsigned long long>(sum.histories),
              static_cast<unsigned long long>(sum.states), static_cast<unsigned long long>(sum.lost));
  CHECK(sum.lost == 0);
}

// The end of a process at any moment: all that was written is there, at every level.
void end_often(std::uint64_t states, std::uint64_t seed) {
  tally sum;
  for (; sum.states < states && sum.lost == 0; ++seed) {
    auditor::sqlite_store_options options;
    options.level = static_cast<durability>(seed % 3);
    options.log_pages = static_cast<std::uint32_t>(1 + seed % 5 * 9);
    recording_disk disk;
    const folder at;
    const std::string path = at / "q";
    random_source chance(seed);
    std::ofstream(path).close();
    std::filesystem::permissions(path, std::filesystem::perms(0600));
    const files before = files_of(path);
    disk.record();
    history all(seed, disk, path, options);
    all.run(30);
    const std::vector<disk_event> events = disk.stop();
    REQUIRE(all.problem == "");
    all.close();
    ++sum.histories;
    disk_state state(before);
    for (std::size_t i = 0; i <= events.size(); ++i) {
      if (chance.percent(15))
        examine(state.behind(disk_state::loss::nothing, chance), all, i, true, path, options, disk, chance, sum,
                "end of the process, seed " + std::to_string(seed));
      if (i < events.size()) state.happens(events[i]);
    }
  }
  std::printf("ends of the process: %llu histories, %llu states: lost=%llu\n",
              static_cast<unsigned long long>(sum.histories), static_cast<unsigned long long>(sum.states),
              static_cast<unsigned long long>(sum.lost));
  CHECK(sum.lost == 0);
}

// Each call of a history fails, once or some times in a row; behind that the power goes.
void fail_calls(std::uint64_t seed, std::size_t steps, std::uint64_t every, tally& sum) {
  auditor::sqlite_store_options options;
  options.log_pages = static_cast<std::uint32_t>(1 + seed % 5 * 9);
  for (std::uint64_t call = seed % every;; call += every) {
    recording_disk disk;
    const folder at;
    const std::string path = at / "q";
    random_source chance(seed * 1'000 + call);
    std::ofstream(path).close();
    std::filesystem::permissions(path, std::filesystem::perms(0600));
    const files before = files_of(path);
    disk.failing_from = call;
    disk.failing = chance.percent(70) ? 1 : 1 + chance.below(12);
    disk.full_instead = chance.percent(40);
    disk.record();
    history all(seed, disk, path, options);
    all.run(steps);
    disk.records = false;
    const std::string about = "seed " + std::to_string(seed) + ", call " + std::to_string(call) + " and " +
                              std::to_string(disk.failing - 1) + " more";
    if (disk.failed == 0) return;
    disk.failing = 0;
    ++sum.failing;
    std::string problem = all.problem;
    if (problem.empty() && !(found_in(*all.store(), problem) == all.now)) problem += " holds something else";
    const std::vector<disk_event> events = disk.events;
    all.close();
    if (problem.empty()) {
      auto store = sqlite_store::open(path, options);
      if (!store)
        problem = store.error().words();
      else if (!(found_in(*store, problem) == all.now))
        problem += " holds something else, opened again";
    }
    if (!problem.empty() && sum.lost++ == 0) FAIL_CHECK(about << ": " << problem);
    if (sum.lost != 0) return;
    const std::size_t ends[] = {events.size(), chance.below(events.size() + 1)};
    for (const std::size_t end : ends) {
      disk_state state(before);
      for (std::size_t i = 0; i < end; ++i) state.happens(events[i]);
      const auto how = static_cast<disk_state::loss>(chance.below(static_cast<std::size_t>(disk_state::loss::count)));
      examine(state.behind(how, chance), all, end, false, path, options, disk, chance, sum, about + ", " + name_of(how));
      if (sum.lost != 0) return;
    }
  }
}

void fail_often(std::uint64_t calls, std::uint64_t seed, std::uint64_t every) {
  tally sum;
  for (; sum.failing < calls && sum.lost == 0; ++seed, ++sum.histories) fail_calls(seed, 14, every, sum);
  std::printf("calls that fail: %llu histories, %llu calls, %llu states behind them: lost=%llu\n",
              static_cast<unsigned long long>(sum.histories), static_cast<unsigned long long>(sum.failing),
              static_cast<unsigned long long>(sum.states), static_cast<unsigned long long>(sum.lost));
  CHECK(sum.lost == 0);
}

// Entries and a dead letter of a process that ended in order, and then the power goes under another one that promises less.
void lose_power_later(durability level, std::uint64_t seed) {
  recording_disk disk;
  const folder at;
  const std::string path = at / "q";
  random_source chance(seed);
  const auto add = [](sqlite_store& store, std::size_t size) {
    const std::string json = "{\"a\":\"" + std::string(size, 'x') + "\"}";
    const new_entry one{entry_kind::add, moment(1), json};
    return store.append({&one, 1});
  };
  {
    auto store = sqlite_store::open(path);
    REQUIRE(store);
    for (std::size_t i = 0; i < 6; ++i) REQUIRE(!add(*store, 10 + i));
    dead_letter letter;
    letter.entry = {2, entry_kind::add, moment(1), "{}"};
    letter.died = moment(2);
    letter.code = errc::conflict;
    REQUIRE(!store->bury({&letter, 1}));
  }
  const files before = files_of(path);
  std::string problem;
  held first;
  disk.record();
  {
    auditor::sqlite_store_options options;
    options.level = level;
    options.log_pages = 4;
    auto store = sqlite_store::open(path, options);
    REQUIRE(store);
    first = found_in(*store, problem);
    for (std::uint64_t i = 0; i < 40; ++i) {
      REQUIRE(!add(*store, chance.below(20'000)));
      const std::uint64_t done = 7 + i;
      if (i % 3 == 0) REQUIRE(!store->settle({&done, 1}, moment(3)));
    }
  }
  const std::vector<disk_event> events = disk.stop();
  disk_state state(before);
  for (std::size_t i = 0; i <= events.size(); ++i) {
    const auto how = static_cast<disk_state::loss>(i % static_cast<std::size_t>(disk_state::loss::count));
    put(path, state.behind(how, chance));
    auto store = sqlite_store::open(path);
    INFO(to_string(level) << ", seed " << seed << ", behind event " << i << ": " << name_of(how));
    if (!store) FAIL(store.error().words());
    problem.clear();
    const held left = found_in(*store, problem);
    CHECK((problem.empty() || problem == counters_differ));  // of entries whose bytes were lost
    for (const auto& [number, entry] : first.waiting) {
      const auto found = left.waiting.find(number);
      REQUIRE(found != left.waiting.end());
      REQUIRE(found->second == entry);
    }
    REQUIRE(left.dead.contains(2));
    if (i < events.size()) state.happens(events[i]);
  }
}

}  // namespace

TEST_CASE("what was accepted survives the loss of power") { lose_power_often(600, 1, 5); }
TEST_CASE("a new file opens behind a loss of power at every moment, at every level") { lose_power_of_new_ones(10, 13); }
TEST_CASE("many new files open behind a loss of power at every moment", "[deep]") { lose_power_of_new_ones(20, 50); }
TEST_CASE("what was accepted survives the loss of power, many times", "[deep]") { lose_power_often(3'000, 1, 5); }
TEST_CASE("what was accepted survives the loss of power, at every moment", "[deep][long]") {
  lose_power_often(120'000, 1'000, 1);
}
TEST_CASE("what a queue had survives the loss of power under one that promises less") {
  for (const durability level : {durability::process_crash, durability::none}) lose_power_later(level, 1);
}
TEST_CASE("what a queue had survives the loss of power under some that promise less", "[deep]") {
  for (const durability level : {durability::process_crash, durability::none})
    for (std::uint64_t seed = 2; seed <= 3; ++seed) lose_power_later(level, seed);
}
TEST_CASE("what was accepted survives the end of the process at every level") { end_often(500, 1); }
TEST_CASE("what was accepted survives the end of the process at every level, often", "[deep][long]") {
  end_often(10'000, 1'000);
}
TEST_CASE("a call that fails loses nothing") { fail_often(80, 1, 11); }
TEST_CASE("a block whose row a failed commit may have left keeps its bytes") {
  tally sum;
  fail_calls(1'065, 14, 95, sum);  // the next ones were written over it
  CHECK(sum.lost == 0);
}
TEST_CASE("a call that fails loses nothing, many calls", "[deep]") { fail_often(400, 1, 11); }
TEST_CASE("a call that fails loses nothing, each call", "[deep][long]") { fail_often(15'000, 1'000, 1); }
