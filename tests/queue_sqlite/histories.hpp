// What is done to a store, at random, and what it then has to hold; beside it what one that was found holds.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "recording_disk.hpp"

#include <auditor/queue/sqlite_store.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <unistd.h>

namespace sqlite_test {

using auditor::dead_letter;
using auditor::durability;
using auditor::entry_kind;
using auditor::errc;
using auditor::error;
using auditor::new_entry;
using auditor::queue_entry;
using auditor::sqlite_store;
using auditor::store_counts;
using auditor::timestamp;

constexpr timestamp moment(std::int64_t n) { return timestamp(std::chrono::microseconds(1'700'000'000'000'000 + n)); }

/// A folder that goes with it; in memory where the system has such.
class folder {
 public:
  folder() {
    const std::filesystem::path memory = "/dev/shm";
    std::string name =
        ((std::filesystem::exists(memory) ? memory : std::filesystem::temp_directory_path()) / "auditor-XXXXXX").string();
    path_ = mkdtemp(name.data()) != nullptr ? name : "";
  }
  ~folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  folder(const folder&) = delete;
  folder& operator=(const folder&) = delete;
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

using entry_tuple = std::tuple<entry_kind, std::int64_t, std::string>;
using letter_tuple = std::tuple<entry_tuple, std::int64_t, errc, std::uint16_t, std::string>;

inline entry_tuple tuple_of(const queue_entry& e) { return {e.kind, e.accepted.time_since_epoch().count(), e.json}; }

/// What a store holds.
struct held {
  std::map<std::uint64_t, entry_tuple> waiting;
  std::map<std::uint64_t, letter_tuple> dead;
  std::uint64_t last = 0;
  std::int64_t until = 0;
  bool operator==(const held&) const = default;

  store_counts counts() const {
    store_counts sum;
    sum.last_number = last;
    sum.waiting = waiting.size();
    sum.dead = dead.size();
    for (const auto& [number, e] : waiting) sum.waiting_bytes += std::get<2>(e).size();
    for (const auto& [number, e] : dead) sum.dead_bytes += std::get<2>(std::get<0>(e)).size();
    return sum;
  }
};

inline bool same(const store_counts& a, const store_counts& b) {
  return a.waiting == b.waiting && a.waiting_bytes == b.waiting_bytes && a.dead == b.dead && a.dead_bytes == b.dead_bytes &&
         a.last_number == b.last_number;
}

inline constexpr const char* counters_differ = "the counters are not what is there";

/// All that is found in it, page by page; `problem`: the first error, and a word where it contradicts itself.
inline held found_in(sqlite_store& store, std::string& problem) {
  held all;
  all.last = store.counts().last_number;
  all.until = store.held_until().time_since_epoch().count();
  std::vector<queue_entry> page;
  std::uint64_t after = 0;
  do {
    if (const error e = store.read(after, 7, 5'000, page)) problem = e.words();
    for (const queue_entry& each : page) {
      if (each.number <= after) problem = "out of order";
      after = each.number;
      all.waiting[each.number] = tuple_of(each);
    }
  } while (!page.empty() && problem.empty());
  std::vector<dead_letter> letters;
  after = 0;
  do {
    if (const error e = store.dead_letters(after, 5, letters)) problem = e.words();
    for (const dead_letter& each : letters) {
      after = each.entry.number;
      all.dead[after] = {tuple_of(each.entry), each.died.time_since_epoch().count(), each.code, each.status, each.words};
    }
  } while (!letters.empty() && problem.empty());
  if (problem.empty() && !same(all.counts(), store.counts())) problem = counters_differ;
  return all;
}

inline std::string words_of(const held& what) {
  return std::to_string(what.waiting.size()) + " wait, " + std::to_string(what.dead.size()) + " are dead, the last was " +
         std::to_string(what.last) + ", held until " + std::to_string(what.until % 1'000'000);
}

/// Does this and that to a store, the same for the same seed, whatever the store answers.
class history {
 public:
  enum class step_kind : std::uint8_t { append, settle, bury, revive, discard, reopen };
  struct step {
    step_kind what;
    std::size_t begin = 0, end = 0;  // of the events of the disk
    bool failed = false;
    bool is_through = false;  // what it did is on the disk when it returns
    held then;                // behind it, or what it would have been
  };
  std::vector<step> steps;
  held now;
  std::string problem;

  history(std::uint64_t seed, recording_disk& disk, std::string path, auditor::sqlite_store_options options)
      : chance_(seed), disk_(disk), path_(std::move(path)), options_(options) {}

  void run(std::size_t count) {
    reopen();
    for (std::size_t i = 0; i < count && problem.empty(); ++i) one();
  }
  bool open() {
    if (store_) return true;
    auto opened = sqlite_store::open(path_, options_);
    if (!opened) {
      last_words_ = opened.error().words();
      if (opened.error().code != errc::storage_failed) problem = "opening: " + last_words_;
      return false;
    }
    store_.emplace(*std::move(opened));
    // A step that failed when the store could not even be closed may be found, if it had written anything.
    for (std::size_t i = steps.size(); i != 0 && !same(store_->counts(), now.counts()); --i) {
      step& last = steps[i - 1];
      if (!last.failed && last.what != step_kind::reopen && last.begin != last.end) break;
      if (!last.failed || last.begin == last.end || !same(store_->counts(), last.then.counts())) continue;
      now = last.then;
      last.failed = false;
      last.is_through = false;
      for (; i != steps.size(); ++i) steps[i].then = now;
    }
    if (!same(store_->counts(), now.counts()))
      problem = "counters after opening: " + std::to_string(store_->counts().waiting) + " wait, the last was " +
                std::to_string(store_->counts().last_number) + shown(disk_.count());
    return true;
  }
  /// The steps up to these events of the disk.
  std::string shown(std::size_t events) const {
    static constexpr const char* names[] = {"append", "settle", "bury", "revive", "discard", "reopen"};
    std::string all;
    for (const step& each : steps)
      if (each.begin <= events)
        all += "\n  " + std::string(names[static_cast<int>(each.what)]) + " " + std::to_string(each.begin) + ".." +
               std::to_string(each.end) + (each.failed ? " failed: " : ": ") + words_of(each.then);
    return all;
  }
  sqlite_store* store() { return store_ ? &*store_ : nullptr; }
  void close() { store_.reset(); }

 private:
  void reopen() {
    steps.push_back({step_kind::reopen, disk_.count(), 0, false, false, now});
    store_.reset();
    // Without a store there is nothing to do: what fails once works the next time.
    for (int i = 0; i < 40 && !open() && problem.empty(); ++i) continue;
    if (!store_ && problem.empty()) problem = "does not open: " + last_words_;
    steps.back().end = disk_.count();
  }
  std::string json() {
    std::size_t size = chance_.below(10) == 0 ? chance_.below(12'000) : chance_.below(900);
    std::string text = "{\"n\":" + std::to_string(++serial_) + ",\"x\":\"";
    for (; size != 0; --size) text += static_cast<char>('a' + (size * 7 + serial_) % 26);
    return text + "\"}";
  }
  std::vector<std::uint64_t> some_waiting() {
    std::vector<std::uint64_t> numbers;
    const std::size_t most = 1 + chance_.below(8);
    const bool in_order = chance_.percent(70);
    for (const auto& [number, e] : now.waiting)
      if (numbers.size() < most && (in_order || chance_.percent(40))) numbers.push_back(number);
    return numbers;
  }
  void one() {
    const std::size_t drawn = chance_.below(100);
    if (drawn >= 97) return reopen();
    held next = now;
    step s{step_kind::append, disk_.count(), 0, false, options_.level == durability::power_loss, {}};
    error e;
    if (drawn < 45) {
      std::vector<std::string> texts(1 + chance_.below(5));
      std::vector<new_entry> entries;
      for (std::string& text : texts) {
        text = json();
        entries.push_back(
            {chance_.percent(30) ? entry_kind::update : entry_kind::add, moment(static_cast<std::int64_t>(serial_)), text});
        next.waiting[++next.last] = {entries.back().kind, entries.back().accepted.time_since_epoch().count(), text};
      }
      e = store_->append(entries);
    } else if (drawn < 75) {
      s.what = step_kind::settle;
      s.is_through = false;
      const auto numbers = some_waiting();
      const timestamp until = chance_.percent(30) ? moment(static_cast<std::int64_t>(++serial_)) : timestamp();
      for (const std::uint64_t number : numbers) next.waiting.erase(number);
      next.until = (std::max)(next.until, until.time_since_epoch().count());
      e = store_->settle(numbers, until);
    } else if (drawn < 87) {
      s.what = step_kind::bury;
      s.is_through = false;
      std::vector<dead_letter> letters;
      for (const std::uint64_t number : some_waiting()) {
        const auto& [kind, accepted, text] = now.waiting.at(number);
        letters.push_back({{number, kind, timestamp(std::chrono::microseconds(accepted)), text},
                           moment(static_cast<std::int64_t>(++serial_)),
                           errc::conflict,
                           500,
                           "words " + text.substr(0, 9)});
        next.dead[number] = {now.waiting.at(number), letters.back().died.time_since_epoch().count(), errc::conflict, 500,
                             letters.back().words};
        next.waiting.erase(number);
      }
      e = store_->bury(letters);
    } else {
      s.what = drawn < 92 ? step_kind::revive : step_kind::discard;
      const std::uint64_t number =
          now.dead.empty()
              ? 3
              : std::next(now.dead.begin(), static_cast<std::ptrdiff_t>(chance_.below(now.dead.size())))->first;
      const auto letter = next.dead.find(number);
      const bool there = letter != next.dead.end();
      bool found = false;
      ++serial_;
      s.is_through = s.is_through && there;
      if (there) {
        auto [kind, accepted, text] = std::get<0>(letter->second);
        next.dead.erase(letter);
        if (s.what == step_kind::revive)
          next.waiting[++next.last] = {kind, moment(static_cast<std::int64_t>(serial_)).time_since_epoch().count(), text};
      }
      e = s.what == step_kind::revive ? store_->revive(number, moment(static_cast<std::int64_t>(serial_)), found)
                                      : store_->discard(number, found);
      if (found != (there && !e)) problem = "found";
    }
    s.end = disk_.count();
    s.failed = static_cast<bool>(e);
    s.then = next;
    if (e && e.code != errc::storage_failed) problem = "another error: " + std::string(e.words());
    if (!e) now = std::move(next);
    if (!same(store_->counts(), now.counts())) problem = "counters behind a step";
    steps.push_back(std::move(s));
  }

  random_source chance_;
  recording_disk& disk_;
  std::string path_;
  auditor::sqlite_store_options options_;
  std::optional<sqlite_store> store_;
  std::uint64_t serial_ = 0;
  std::string last_words_;
};

/// The same for `durability::none`, of which the end of the process takes the last entries: all others are as a step left them, behind the last
/// one that brought all into the file.
inline bool may_be_found_of_none(const held& found, const history& all, std::size_t events) {
  std::size_t first = 0;
  for (std::size_t i = 0; i < all.steps.size() && all.steps[i].end <= events && all.steps[i].end != 0; ++i) {
    const auto what = all.steps[i].what;
    const bool brings_all = what == history::step_kind::bury || what == history::step_kind::reopen;
    if (brings_all && !all.steps[i].failed && all.steps[i].begin != all.steps[i].end) first = i;
  }
  if (first == 0 && found == held()) return true;
  for (std::size_t i = first; i < all.steps.size() && all.steps[i].begin <= events; ++i) {
    held then = all.steps[i].then;
    if (then.last < found.last) continue;
    then.last = found.last;
    then.waiting.erase(then.waiting.upper_bound(found.last), then.waiting.end());
    if (found == then) return true;
  }
  return false;
}

/// Whether what was found is what a history had made when the power went behind so many events of the disk. `kept`: all that was written is there.
inline bool may_be_found(const held& found, const history& all, std::size_t events, bool kept) {
  // From the last step that had to last, up to the last that had begun.
  std::size_t first = 0;
  for (std::size_t i = 0; i < all.steps.size(); ++i) {
    const auto& each = all.steps[i];
    if (each.end <= events && each.end != 0 && !each.failed && each.what != history::step_kind::reopen &&
        (each.is_through || kept))
      first = i + 1;
  }
  if (first == 0 && found == held()) return true;
  for (std::size_t i = first == 0 ? 0 : first - 1; i < all.steps.size() && all.steps[i].begin <= events; ++i)
    if (found == all.steps[i].then) return true;
  return false;
}

/// Below `power_loss` the power may take bytes of a block whose row stays: such an entry must not look like a record, and all others are as they
/// were accepted.
inline bool is_as_accepted_or_told(const held& found, const history& all) {
  for (const auto& [number, entry] : found.waiting) {
    bool is_known = false;
    for (const auto& step : all.steps) {
      const auto then = step.then.waiting.find(number);
      is_known = is_known || (then != step.then.waiting.end() && then->second == entry);
    }
    const std::string& json = std::get<2>(entry);
    if (!is_known && !json.empty() && json.back() == '}') return false;
  }
  return true;
}

}  // namespace sqlite_test
