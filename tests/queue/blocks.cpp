// A store whose entries are blocks, over a recorded disk, through random histories: opened again it has all; after the end of its process at any moment,
// at `durability::none`, what it had brought into its files, and after the loss of power, at `power_loss`, what it accepted; a block that is torn is told.
// SPDX-License-Identifier: MIT OR Apache-2.0
//
//   blocks [histories] [seed] [bug]     exit 0: nothing lost, doubled, or taken for another
//
// With a bug (a build with AUDITOR_SEEDED_BUGS, made by block_bugs.py) something has to be found.
#include "../queue_sqlite/histories.hpp"

#include <auditor/queue/sqlite_store.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace {

using namespace sqlite_test;

struct tally {
  std::uint64_t histories = 0, states = 0, torn = 0, told = 0, failed = 0, wrong = 0;
} total;

void complain(std::uint64_t seed, const std::string& words) {
  if (total.wrong++ == 0) std::printf("history %llu: %s\n", static_cast<unsigned long long>(seed), words.c_str());
}

// What is left after the end of the process, or the loss of power. `kept`: all that was written.
void look_at_end(const files& left, const history& all, std::size_t events, bool kept, const std::string& path,
                 auditor::sqlite_store_options options, std::uint64_t seed) {
  ++total.states;
  put(path, left);
  auto store = sqlite_store::open(path, options);
  if (!store) return complain(seed, "does not open: " + std::string(store.error().words()));
  std::string problem;
  const held found = found_in(*store, problem);
  if (!problem.empty()) return complain(seed, problem);
  if (options.level == durability::none ? !may_be_found_of_none(found, all, events)
                                        : !may_be_found(found, all, events, kept))
    complain(seed, "behind event " + std::to_string(events) + " holds what no step had left: " + words_of(found));
}

// Some bytes of the blocks are others: each entry is as it was, or told.
void tear(files left, const held& all, const std::string& path, random_source& chance, std::uint64_t seed) {
  const auto blocks = left.find("-spill");
  if (blocks == left.end() || blocks->second.empty()) return;
  ++total.torn;
  std::string& bytes = blocks->second;
  const std::size_t from = chance.below(bytes.size());
  for (std::size_t i = from; i < (std::min)(bytes.size(), from + 1 + chance.below(600)); ++i)
    bytes[i] = static_cast<char>(chance.next());
  put(path, left);
  auto store = sqlite_store::open(path);
  if (!store) return complain(seed, "torn, does not open: " + std::string(store.error().words()));
  std::vector<queue_entry> page;
  std::size_t count = 0;
  for (std::uint64_t after = 0; !store->read(after, 9, 20'000, page) && !page.empty(); after = page.back().number)
    for (const queue_entry& each : page) {
      ++count;
      const auto at = all.waiting.find(each.number);
      const bool is_whole = at != all.waiting.end() && at->second == tuple_of(each);
      total.told += !is_whole;
      if (at == all.waiting.end() || (!is_whole && each.json.ends_with('}'))) complain(seed, "torn, another entry");
    }
  if (count != all.waiting.size()) complain(seed, "torn, entries are missing");
}

// Calls of the disk fail for a while: what was refused is not there, what was accepted is.
void fail_calls(std::uint64_t seed) {
  recording_disk disk;
  const folder at;
  const std::string path = at / "q";
  random_source chance(seed);
  held now;
  const auto compare = [&](sqlite_store& store, const char* when) {
    std::string problem;
    held found = found_in(store, problem);
    found.until = 0;
    if (!problem.empty() || !(found == now)) complain(seed, std::string(when) + " holds something else " + problem);
  };
  {
    auto store = sqlite_store::open(path, {.level = durability::none, .log_pages = 2});
    if (!store) return complain(seed, "does not open");
    for (int i = 0; i < 60; ++i) {
      disk.failing_from = disk.calls + chance.below(20);
      disk.failing = chance.below(6);
      disk.full_instead = chance.percent(50);
      const std::string text = "{\"n\":" + std::to_string(i) + ",\"x\":\"" + std::string(chance.below(4'000), 'x') + "\"}";
      const std::vector<new_entry> entries(1 + chance.below(3), new_entry{entry_kind::add, moment(i), text});
      if (const error e = store->append(entries); !e)
        for (std::size_t k = 0; k < entries.size(); ++k)
          now.waiting[++now.last] = {entry_kind::add, moment(i).time_since_epoch().count(), text};
      if (chance.percent(30) && !now.waiting.empty()) {
        const auto which = std::next(now.waiting.begin(), static_cast<std::ptrdiff_t>(chance.below(now.waiting.size())));
        const std::array one{which->first};
        if (!store->settle(one, timestamp())) now.waiting.erase(which);
      }
      disk.failing = 0;
      compare(*store, "where calls fail");
    }
    total.failed += disk.failed;
  }
  auto store = sqlite_store::open(path);
  if (!store) return complain(seed, "does not open again");
  compare(*store, "opened again");
}

// The room of blocks in which nothing waits is given to others, again and again, and the power goes: no place leads to a block of another time. Some
// that wait for long are always there, and the file does not grow because of that.
void give_room_again(std::uint64_t seed) {
  recording_disk disk;
  const folder at;
  const std::string path = at / "q";
  random_source chance(seed);
  const auto json_of = [](std::uint64_t number) {
    return "{\"n\":" + std::to_string(number) + ",\"x\":\"" +
           std::string(5'000 + number % 7 * 500, static_cast<char>('a' + number % 26)) + "\"}";
  };
  std::ofstream(path).close();  // as the store makes it
  std::filesystem::permissions(path, std::filesystem::perms(0600));
  const files before = files_of(path);
  constexpr std::size_t never = ~std::size_t{0};
  std::vector<std::size_t> accepted{0}, settled{never};  // by number: the events then
  std::vector<std::uint64_t> late;                       // that wait for some rounds
  const bool leaves_some = chance.percent(50);
  // So many that the log is not brought into the file behind each step; or so few that what is accepted at once is more than one block.
  const std::uint32_t pages = leaves_some && chance.percent(50) ? 5 : 20;
  const auditor::sqlite_store_options options{.level = durability::power_loss, .log_pages = pages};
  constexpr std::uint64_t at_once = 8, rounds = 90;
  disk.record();
  {
    auto store = sqlite_store::open(path, options);
    if (!store) return complain(seed, "does not open");
    for (std::uint64_t round = 0; round < rounds; ++round) {
      std::vector<std::string> texts;
      std::vector<new_entry> entries;
      std::vector<std::uint64_t> numbers;
      for (std::uint64_t k = 1; k <= at_once; ++k) {
        numbers.push_back(at_once * round + k);
        texts.push_back(json_of(numbers.back()));
      }
      for (const std::string& text : texts) entries.push_back({entry_kind::add, moment(1), text});
      if (store->append(entries)) return complain(seed, "does not append");
      accepted.insert(accepted.end(), at_once, disk.count());
      settled.resize(accepted.size(), never);
      if (leaves_some) {
        const auto one = numbers.begin() + static_cast<std::ptrdiff_t>(chance.below(numbers.size()));
        late.push_back(*one);
        numbers.erase(one);
        if (late.size() > 5) {  // but the first, which waits for ever
          const auto which = late.begin() + static_cast<std::ptrdiff_t>(1 + chance.below(late.size() - 1));
          numbers.push_back(*which);
          late.erase(which);
          std::sort(numbers.begin(), numbers.end());
        }
      }
      for (const std::uint64_t each : numbers) settled[each] = disk.count();
      if (store->settle(numbers, timestamp())) return complain(seed, "does not settle");
      std::string problem;
      if (round % 10 == 0 && found_in(*store, problem).waiting.size() != late.size()) complain(seed, "other entries wait");
      for (const auto& [number, entry] : found_in(*store, problem).waiting)
        if (std::get<2>(entry) != json_of(number)) return complain(seed, "another entry");
    }
    constexpr std::uintmax_t enough = 3'500'000;  // of some 4,700,000 that were written
    if (std::filesystem::file_size(path + "-spill") > enough) return complain(seed, "the file of blocks grows");
  }
  const std::vector<disk_event> events = disk.stop();
  disk_state state(before);
  for (std::size_t i = 0; i <= events.size(); ++i) {
    if (chance.percent(5)) {
      ++total.states;
      put(path, state.behind(static_cast<disk_state::loss>(chance.below(static_cast<std::size_t>(disk_state::loss::count))),
                             chance));
      auto store = sqlite_store::open(path, options);
      if (!store) return complain(seed, "room, does not open: " + std::string(store.error().words()));
      std::string problem;
      const held found = found_in(*store, problem);
      if (!problem.empty() || !found.dead.empty()) return complain(seed, "room, " + problem);
      for (const auto& [number, entry] : found.waiting)
        if (std::get<2>(entry) != json_of(number)) return complain(seed, "room, another entry");
      for (std::uint64_t number = 1; number < accepted.size(); ++number)
        if (accepted[number] <= i && i < settled[number] && !found.waiting.contains(number))
          return complain(seed, "room, what was accepted is lost");
    }
    if (i < events.size()) state.happens(events[i]);
  }
}

void run(std::uint64_t seed) {
  recording_disk disk;
  const folder at;
  const std::string path = at / "q";
  random_source chance(seed);
  auditor::sqlite_store_options options{.level = durability::none, .log_pages = static_cast<std::uint32_t>(1 + seed % 3)};
  // Where what comes at once is a block.
  if (seed % 4 == 1) options = {.level = durability::power_loss, .log_pages = 1};
  std::ofstream(path).close();  // as the store makes it
  std::filesystem::permissions(path, std::filesystem::perms(0600));
  const files before = files_of(path);
  disk.record();
  history all(seed, disk, path, options);
  all.run(20 + chance.below(30));
  ++total.histories;
  if (!all.problem.empty()) return complain(seed, all.problem);
  std::string problem;
  if (!(found_in(*all.store(), problem) == all.now)) return complain(seed, "holds something else " + problem);
  const std::vector<disk_event> events = disk.stop();  // up to here: what closing does is not part of it
  all.close();
  const files closed = files_of(path);
  {
    auto store = sqlite_store::open(path, {.level = static_cast<durability>(seed % 3)});
    if (!store) return complain(seed, "closed, does not open: " + std::string(store.error().words()));
    if (!(found_in(*store, problem) == all.now)) return complain(seed, "closed, holds something else " + problem);
    std::vector<std::uint64_t> numbers;
    for (const auto& [number, entry] : all.now.waiting) numbers.push_back(number);
    if (store->settle(numbers, timestamp()) || store->counts().waiting + store->counts().waiting_bytes != 0)
      return complain(seed, "cannot be settled");
  }
  if (files_of(path).contains("-spill")) return complain(seed, "all is settled, and the file of blocks is still there");
  disk_state state(before);
  for (std::size_t i = 0; i <= events.size(); ++i) {
    auto how = disk_state::loss::nothing;
    if (options.level == durability::power_loss)
      how = static_cast<disk_state::loss>(chance.below(static_cast<std::size_t>(disk_state::loss::count)));
    if (chance.percent(4))
      look_at_end(state.behind(how, chance), all, i, how == disk_state::loss::nothing, path, options, seed);
    if (i < events.size()) state.happens(events[i]);
  }
  for (int i = 0; i < 2; ++i) tear(closed, all.now, path, chance, seed);
}

}  // namespace

int main(int count, char** words) {
  const auto number = [&](int i, std::uint64_t otherwise) {
    return i < count ? std::strtoull(words[i], nullptr, 10) : otherwise;
  };
  const std::uint64_t histories = number(1, 200), seed = number(2, 1);
#ifdef AUDITOR_SEEDED_BUGS
  auditor_seeded_bug = static_cast<int>(number(3, 0));
#endif
  for (std::uint64_t i = 0; i < histories && total.wrong == 0; ++i) {
    run(seed * 1'000'003 + i);
    if (i % 4 == 0) fail_calls(seed * 1'000'003 + i);
    if (i % 4 == 2) give_room_again(seed * 1'000'003 + i);
  }
  const auto n = [](std::uint64_t value) { return static_cast<unsigned long long>(value); };
  std::printf("blocks: seed=%llu histories=%llu ends=%llu torn=%llu told=%llu failed_calls=%llu wrong=%llu\n", n(seed),
              n(total.histories), n(total.states), n(total.torn), n(total.told), n(total.failed), n(total.wrong));
  return total.wrong == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
