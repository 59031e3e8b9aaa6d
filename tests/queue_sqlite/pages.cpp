// Pages of the file that hold another page's bytes, zeros, or what they held before: each entry is delivered or told, none comes twice, and none is another.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include "../catch.hpp"
#include "histories.hpp"

#include <auditor/auditor.hpp>
#include <auditor/queue/enqueue.hpp>
#include <auditor/queue/queue_sender.hpp>
#include <auditor/sandbox/sandbox.hpp>
#include <auditor/sandbox/transport.hpp>

#include <array>
#include <chrono>
#include <cstdio>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

using namespace sqlite_test;

namespace {

constexpr std::size_t page_size = 4096;

auditor::record record_of(std::uint64_t i) {
  auditor::record r{"job-" + std::to_string(i), moment(static_cast<std::int64_t>(i) * 1'000'000)};
  r.with_component(auditor::component{"CPU", static_cast<std::int64_t>(i)});
  // Some go over several pages.
  for (std::uint64_t k = 0; k < (i % 40 == 7 ? 25 : 1 + i % 3); ++k)
    r.with_meta("note-" + std::to_string(k), std::string(100 + i % 7 * 20, static_cast<char>('a' + i % 26)));
  return r;
}

// A file with its history: what it holds in the end, and some earlier states of it.
struct written {
  std::vector<std::string> states;  // the last one is the file
  std::string log, spill;
  std::vector<auditor::record> stored;
  std::set<std::string> waiting, dead;  // ids
};

std::string id_of(const queue_entry& entry) {
  const std::size_t from = entry.json.find("job-");
  return from == std::string::npos ? "" : entry.json.substr(from, entry.json.find('"', from) - from);
}

// `is_killed`: the last process does not close it.
written write(const std::string& path, bool is_killed, durability level) {
  written all;
  std::uint64_t serial = 0;
  const auto save = [&] { all.states.push_back(files_of(path).at("")); };
  for (const std::uint64_t count : {120u, 150u, 80u, 40u}) {
    const pid_t child = is_killed && count == 40 ? fork() : 0;
    if (child != 0) {
      waitpid(child, nullptr, 0);
      for (std::uint64_t i = 0; i < count; ++i) all.waiting.insert(record_of(++serial).record_id);
      save();
      all.log = files_of(path).at("-wal");
      break;
    }
    auto opened = sqlite_store::open(path, {.level = level, .log_pages = 20});
    REQUIRE(opened);
    for (std::uint64_t i = 0; i < count; i += 10) {
      std::vector<std::string> texts(10);
      std::vector<new_entry> entries;
      for (std::string& text : texts) {
        const auditor::record r = record_of(++serial);
        REQUIRE_FALSE(encode_record(r, text));
        entries.push_back({entry_kind::add, moment(1), text});
        all.waiting.insert(r.record_id);
      }
      REQUIRE_FALSE(opened->append(entries));
    }
    if (all.states.empty() || all.states.size() == 2) {
      // The oldest, as far as they go without one; and here and there one of those behind.
      std::vector<queue_entry> page;
      REQUIRE_FALSE(opened->read(0, 60, 10'000'000, page));
      std::vector<std::uint64_t> numbers;
      std::vector<dead_letter> letters;
      for (std::size_t i = 0; i < page.size(); ++i) {
        const std::string id = id_of(page[i]);
        if (i < 20 || i % 9 == 0) {
          numbers.push_back(page[i].number);
          all.stored.push_back(record_of(std::stoull(id.substr(4))));
          all.waiting.erase(id);
        } else if (i % 11 == 0) {
          letters.push_back({page[i], moment(2), errc::conflict, 500, "words"});
          all.waiting.erase(id);
          all.dead.insert(id);
        }
      }
      REQUIRE_FALSE(opened->settle(numbers, moment(3)));
      REQUIRE_FALSE(opened->bury(letters));
    }
    if (is_killed && count == 40) _exit(0);
    opened = sqlite_store::open(path + "/none");  // closes it
    save();
  }
  if (const files last = files_of(path); last.contains("-spill")) all.spill = last.at("-spill");
  return all;
}

struct outcome {
  std::uint64_t files = 0, refused = 0, delivered = 0, told = 0, unsettled = 0, wrong = 0;
};

// Opens what is left, accepts one more, and delivers all that it can.
class examination {
 public:
  examination(const std::string& path, const written& all, outcome& sum, std::string about)
      : path_(path), all_(all), sum_(sum), about_(std::move(about)) {}

  void go(const std::string& bytes) {
    ++sum_.files;
    files all{{"", bytes}};
    if (!all_.log.empty()) all["-wal"] = all_.log;
    if (!all_.spill.empty()) all["-spill"] = all_.spill;
    put(path_, all);
    for (const auditor::record& r : all_.stored) server_.store(r);
    const std::uint64_t before = server_.size();
    std::set<std::string> expected = all_.waiting;
    // Twice: what was told stays told.
    for (int time = 0; time < 2; ++time)
      if (!open_and_deliver(expected)) {
        ++sum_.refused;
        break;
      }
    sum_.delivered += server_.size() - before;
    std::map<std::string, int> inserts;
    for (const auto& change : server_.log())
      if (++inserts[change.record_id] > 1) complain("stored twice: " + change.record_id);
    for (const auditor::record& stored : server_.records()) {
      const auditor::record ours = record_of(std::stoull(stored.record_id.substr(4)));
      if (compare_records(ours, stored).match != auditor::record_match::equal) complain("is another: " + stored.record_id);
      if (all_.dead.contains(stored.record_id)) complain("a dead letter was delivered: " + stored.record_id);
    }
  }

 private:
  void complain(const std::string& words) {
    if (sum_.wrong++ < 20) std::printf("%s: %s\n", about_.c_str(), words.c_str());
  }
  void judge_words(const error& e, const char* what) {
    if (e.code != errc::storage_failed || e.words().find("/q'") == std::string_view::npos)
      complain(std::string(what) + ": another error: " + std::string(e.words()));
  }

  // False: it does not open.
  bool open_and_deliver(std::set<std::string>& expected) {
    auto opened = sqlite_store::open(path_);
    if (!opened) {
      judge_words(opened.error(), "open");
      return false;
    }
    sqlite_store& store = *opened;
    std::string text;
    const auditor::record one_more = record_of(1'000 + expected.size());
    REQUIRE_FALSE(encode_record(one_more, text));
    const new_entry one{entry_kind::add, moment(1), text};
    if (const error e = store.append({&one, 1}))
      judge_words(e, "append");
    else
      expected.insert(one_more.record_id);
    const bool is_flushed = deliver(store);
    const store_counts counts = store.counts();
    std::uint64_t missing = 0;
    for (const std::string& id : expected)
      if (!server_.find(id)) ++missing;
    std::vector<dead_letter> letters, page;
    error listing;
    for (std::uint64_t after = 0; !(listing = store.dead_letters(after, 50, page)) && !page.empty();
         after = page.back().entry.number) {
      if (page.front().entry.number <= after || page.back().entry.number <= after) {
        complain("letters are out of order");
        break;
      }
      letters.insert(letters.end(), page.begin(), page.end());
    }
    if (listing) judge_words(listing, "dead_letters");
    std::set<std::string> dead = all_.dead;
    std::uint64_t told = 0;
    for (const dead_letter& each : letters) {
      if (each.entry.json.ends_with('}')) {
        if (!all_.dead.contains(id_of(each.entry))) complain("a letter that was none: " + std::string(each.words));
        dead.erase(id_of(each.entry));
      } else {
        ++told;
        if (each.entry.json.empty() && (each.code != errc::storage_failed || each.words.find("/q'") == std::string::npos))
          complain("a letter that does not say which file: " + each.words);
      }
    }
    sum_.told += told;
    if (!listing && !dead.empty() && told == 0) complain(std::to_string(dead.size()) + " dead letters are gone");
    if (is_flushed && !listing && missing > told)
      complain("flushed, and " + std::to_string(missing) + " are missing, of which " + std::to_string(told) + " are told");
    if (!is_flushed) {
      ++sum_.unsettled;
      if (missing > counts.waiting + told)
        complain(std::to_string(missing) + " are missing, and only " + std::to_string(counts.waiting) + " wait");
      if (!last_)
        complain("does not come to an end, and says nothing");
      else
        judge_words(last_, "deliver");
    }
    return true;
  }
  // Whether all is delivered or dead, as `flush` says it.
  bool deliver(sqlite_store& store) {
    using auditor::ticks;
    const auditor::detail::store_access access{
        &store,
        [](void* s, std::uint64_t after, std::size_t most, std::size_t bytes, std::vector<queue_entry>& to) {
          return static_cast<sqlite_store*>(s)->read(after, most, bytes, to);
        },
        [](void* s, std::span<const std::uint64_t> numbers, timestamp until) {
          return static_cast<sqlite_store*>(s)->settle(numbers, until);
        },
        [](void* s, std::span<const dead_letter> letters) { return static_cast<sqlite_store*>(s)->bury(letters); },
        [](void* s, std::uint64_t number) { return auditor::detail::has_letter(*static_cast<sqlite_store*>(s), number); },
        [](void* s) { return static_cast<sqlite_store*>(s)->counts(); },
        [](void* s) { return static_cast<sqlite_store*>(s)->held_until(); },
        [](void*) { return moment(10); }};
    auditor::queue_options settings;
    settings.window = 64;
    auditor::options once;
    once.retry.write_attempts = once.retry.read_attempts = 1;
    auditor::client client(auditor::sandbox_transport(server_), once);
    auditor::detail::queue_sender sender(access, settings, 1);
    ticks now{0};
    sender.open(now);
    int waits = 0, steps = 0;
    while (waits < 12 && ++steps < 1'000 && sender.settled_before() <= store.counts().last_number) {
      using type = auditor::detail::queue_step::type;
      const auto next = sender.next(now);
      if (next.what == type::wait) {
        ++waits;
        now += std::chrono::hours(1);
      } else if (next.what == type::adds) {
        const auto failed = sender.failed();
        sender.done(now, client.bulk_insert(next.records, next.outcomes,
                                            {.duplicates = auditor::on_duplicate::update, .failed = failed}));
      } else if (next.what == type::updates) {
        const auto failed = sender.failed();
        sender.done(now, client.bulk_update(next.records, next.outcomes, {.failed = failed}));
      } else {
        const auto stored = client.find(next.records[0].record_id);
        if (!stored || !*stored) {
          sender.looked(now, stored ? error() : stored.error(), nullptr);
        } else {
          const auditor::record_view view = **stored;
          sender.looked(now, {}, &view);
        }
      }
    }
    if (steps == 1'000) complain("goes round in circles");
    last_ = sender.last();
    return sender.settled_before() > store.counts().last_number;
  }

  const std::string& path_;
  const written& all_;
  outcome& sum_;
  std::string about_;
  auditor::sandbox server_{{}};
  error last_;
};

// One of `every` copies, and one of `few` of the others.
void break_pages(std::size_t every, std::size_t few, bool is_killed = false, durability level = durability::power_loss) {
  const folder at;
  const std::string path = at / "q";
  const written all = write(path, is_killed, level);
  const std::string& bytes = all.states.back();
  const std::size_t pages = bytes.size() / page_size;
  outcome copied, zeroed, older;
  random_source chance(1);
  for (std::size_t to = 0; to < pages; ++to) {
    const auto with = [&](const std::string& from, std::size_t page) {
      std::string changed = bytes;
      changed.replace(to * page_size, page_size, from, page * page_size, page_size);
      return changed;
    };
    const std::string page = "page " + std::to_string(to + 1);
    const auto is_chosen = [&](std::size_t one_of) { return chance.below(one_of) == 0; };
    if (is_chosen(few)) examination(path, all, zeroed, page + " zeroed").go(with(std::string(page_size, '\0'), 0));
    for (std::size_t i = 0; i + 1 < all.states.size(); ++i)
      if (to < all.states[i].size() / page_size && is_chosen(few))
        examination(path, all, older, page + " of state " + std::to_string(i)).go(with(all.states[i], to));
    for (std::size_t from = 0; from < pages; ++from)
      if (from != to && is_chosen(every))
        examination(path, all, copied, page + " holds page " + std::to_string(from + 1)).go(with(bytes, from));
  }
  const auto print = [](const char* name, const outcome& sum) {
    const auto n = [](std::uint64_t number) { return static_cast<unsigned long long>(number); };
    std::printf(
        "pages %s: %llu files, %llu refused, %llu that do not come to an end, %llu entries delivered, %llu told; "
        "wrong=%llu\n",
        name, n(sum.files), n(sum.refused), n(sum.unsettled), n(sum.delivered), n(sum.told), n(sum.wrong));
    CHECK(sum.wrong == 0);
  };
  print("that hold another page", copied);
  print("of zeros", zeroed);
  print("that are older", older);
}

}  // namespace

TEST_CASE("a page that holds something else loses nothing unsaid") {
  break_pages(500, 20);
  break_pages(1'000, 40, true);
  break_pages(10, 5, false, durability::none);
}
TEST_CASE("each of many pages that hold something else loses nothing unsaid", "[deep]") {
  break_pages(100, 4);
  break_pages(200, 8, true);
  break_pages(2, 1, false, durability::none);
}
TEST_CASE("each page that holds each other loses nothing unsaid", "[deep][long]") {
  break_pages(1, 1);
  break_pages(5, 1, true);
}
