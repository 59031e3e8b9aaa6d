// What every store does, in memory and in a file; that one also when it is opened again behind each step.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include "../catch.hpp"
#include "../fault/random_source.hpp"
#include "histories.hpp"

#include <auditor/queue/memory_store.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

using namespace sqlite_test;
using auditor::memory_store;

namespace {

// A store, and what comes of it when the process ends and begins again.
struct in_memory {
  memory_store store;
  void reopen() {}
};
template <durability Level>
struct in_file {
  folder at;
  std::optional<sqlite_store> opened;
  sqlite_store& store;
  in_file() : opened(make()), store(*opened) {}
  void reopen(auditor::sqlite_store_options options = {.level = Level}) {
    opened.reset();
    opened.emplace(make(options));
  }
  sqlite_store make(auditor::sqlite_store_options options = {.level = Level}) {
    auto made = sqlite_store::open(at / "queue", options);
    INFO((made ? std::string_view() : made.error().words()));
    REQUIRE(made);
    return *std::move(made);
  }
};
using through = in_file<durability::power_loss>;
using crash = in_file<durability::process_crash>;
using none = in_file<durability::none>;

template <class Store>
void append(Store& store, std::vector<std::string> texts, entry_kind kind = entry_kind::add) {
  std::vector<new_entry> entries;
  for (const std::string& text : texts) entries.push_back({kind, moment(5), text});
  const error e = store.append(entries);
  INFO(e.words());
  REQUIRE_FALSE(e);
}
template <class Store>
std::vector<queue_entry> read(Store& store, std::uint64_t after = 0, std::size_t most = 1'000,
                              std::size_t bytes = 1'000'000) {
  std::vector<queue_entry> to(3);  // which are not left there
  const error e = store.read(after, most, bytes, to);
  INFO(e.words());
  REQUIRE_FALSE(e);
  return to;
}
template <class Store>
std::string numbers(Store& store, std::uint64_t after = 0, std::size_t most = 1'000, std::size_t bytes = 1'000'000) {
  std::string all;
  for (const queue_entry& each : read(store, after, most, bytes))
    all += (all.empty() ? "" : " ") + std::to_string(each.number);
  return all;
}
template <class Store>
std::vector<dead_letter> letters(Store& store, std::uint64_t after = 0, std::size_t most = 1'000) {
  std::vector<dead_letter> to(3);
  REQUIRE_FALSE(store.dead_letters(after, most, to));
  return to;
}
dead_letter dead(queue_entry entry, errc code = errc::conflict) {
  return {std::move(entry), moment(77), code, 500, "the server's words: ä \x01"};
}

}  // namespace

TEMPLATE_TEST_CASE("a new store is empty", "", in_memory, through, crash, none) {
  TestType of;
  for (int i = 0; i < 2; ++i, of.reopen()) {
    CHECK(same(of.store.counts(), {}));
    CHECK(of.store.held_until() == timestamp());
    CHECK(numbers(of.store) == "");
    CHECK(letters(of.store).empty());
    CHECK_FALSE(of.store.append({}));
    CHECK_FALSE(of.store.bury({}));
    CHECK_FALSE(of.store.settle({}, timestamp()));
  }
}

TEMPLATE_TEST_CASE("entries come back as they were, oldest first, in pages", "", in_memory, through, crash, none) {
  TestType of;
  const std::string any("\0\xFF{} \"'; DROP TABLE entries", 28), large(100'000, 'x');
  append(of.store, {"{}", any}, entry_kind::update);
  append(of.store, {"", large, "last"});
  of.reopen();
  const auto all = read(of.store);
  REQUIRE(all.size() == 5);
  CHECK(all[1].json == any);
  CHECK(all[1].kind == entry_kind::update);
  CHECK(all[1].accepted == moment(5));
  CHECK(all[2].json == "");
  CHECK(all[2].kind == entry_kind::add);
  CHECK(all[3].json == large);
  CHECK(of.store.counts().waiting == 5);
  CHECK(of.store.counts().waiting_bytes == 2 + any.size() + large.size() + 4);
  CHECK(of.store.counts().last_number == 5);

  CHECK(numbers(of.store, 0, 2) == "1 2");
  CHECK(numbers(of.store, 2, 2) == "3 4");
  CHECK(numbers(of.store, 4, 2) == "5");
  CHECK(numbers(of.store, 5, 2) == "");
  CHECK(numbers(of.store, 0, 0) == "");
  CHECK(numbers(of.store, ~std::uint64_t{0}) == "");
  CHECK(numbers(of.store, std::uint64_t{1} << 63) == "");
  // Of bytes at least one entry, and then no more than so many.
  CHECK(numbers(of.store, 0, 9, 0) == "1");
  CHECK(numbers(of.store, 0, 9, 2 + any.size()) == "1 2 3");
  CHECK(numbers(of.store, 0, 9, 2 + any.size() + large.size() - 1) == "1 2 3");
  CHECK(numbers(of.store, 3, 9, 10) == "4");
  CHECK(numbers(of.store, 0, 9, 2 + any.size() + large.size()) == "1 2 3 4");
}

TEMPLATE_TEST_CASE("moments before 1970 and far away are kept", "", in_memory, through) {
  TestType of;
  for (const timestamp at : {(timestamp::min)(), timestamp(std::chrono::microseconds(-1)), (timestamp::max)()}) {
    const new_entry one{entry_kind::add, at, "{}"};
    REQUIRE_FALSE(of.store.append({&one, 1}));
    of.reopen();
    CHECK(read(of.store).back().accepted == at);
  }
}

TEMPLATE_TEST_CASE("what is settled is gone, and its number stays taken", "", in_memory, through, crash, none) {
  TestType of;
  append(of.store, {"a", "bb", "ccc", "dddd", "eeeee", "ffffff"});
  const std::array<std::uint64_t, 5> some{2, 3, 5, 3, 99};
  REQUIRE_FALSE(of.store.settle(some, moment(10)));
  of.reopen();
  CHECK(numbers(of.store) == "1 4 6");
  CHECK(of.store.counts().waiting == 3);
  CHECK(of.store.counts().waiting_bytes == 1 + 4 + 6);
  CHECK(of.store.held_until() == moment(10));
  const std::array<std::uint64_t, 3> rest{6, 4, 1};
  REQUIRE_FALSE(of.store.settle(rest, moment(9)));  // earlier: the latest counts
  of.reopen();
  CHECK(numbers(of.store) == "");
  CHECK(of.store.counts().waiting_bytes == 0);
  CHECK(of.store.counts().last_number == 6);
  CHECK(of.store.held_until() == moment(10));
  append(of.store, {"again"});
  CHECK(numbers(of.store) == "7");
  REQUIRE_FALSE(of.store.settle({}, moment(11)));
  of.reopen();
  CHECK(of.store.held_until() == moment(11));
}

TEMPLATE_TEST_CASE("dead letters are kept with their reason, revived and discarded", "", in_memory, through, crash, none) {
  TestType of;
  append(of.store, {"one", "two"});
  append(of.store, {"three"}, entry_kind::update);
  const auto all = read(of.store);
  REQUIRE_FALSE(of.store.bury(std::array{dead(all[0]), dead(all[2], errc::record_not_found)}));
  of.reopen();
  CHECK(numbers(of.store) == "2");
  CHECK(of.store.counts().waiting == 1);
  CHECK(of.store.counts().waiting_bytes == 3);
  CHECK(of.store.counts().dead == 2);
  CHECK(of.store.counts().dead_bytes == 8);
  const auto found = letters(of.store);
  REQUIRE(found.size() == 2);
  CHECK(found[0].entry.number == 1);
  CHECK(found[0].entry.json == "one");
  CHECK(found[0].code == errc::conflict);
  CHECK(found[0].status == 500);
  CHECK(found[0].died == moment(77));
  CHECK(found[0].words == "the server's words: ä \x01");
  CHECK(found[1].entry.kind == entry_kind::update);
  CHECK(found[1].entry.accepted == moment(5));
  CHECK(found[1].code == errc::record_not_found);
  CHECK(letters(of.store, 0, 1).size() == 1);
  CHECK(letters(of.store, 1).size() == 1);
  CHECK(letters(of.store, 3).empty());

  bool there = true;
  REQUIRE_FALSE(of.store.revive(2, moment(8), there));  // which waits
  CHECK_FALSE(there);
  REQUIRE_FALSE(of.store.revive(0, moment(8), there));
  CHECK_FALSE(there);
  REQUIRE_FALSE(of.store.revive(~std::uint64_t{0}, moment(8), there));
  CHECK_FALSE(there);
  REQUIRE_FALSE(of.store.revive(3, moment(8), there));
  CHECK(there);
  of.reopen();
  const auto again = read(of.store);
  REQUIRE(again.size() == 2);
  CHECK(again[1].number == 4);
  CHECK(again[1].kind == entry_kind::update);
  CHECK(again[1].accepted == moment(8));
  CHECK(again[1].json == "three");
  CHECK(of.store.counts().dead == 1);
  CHECK(of.store.counts().dead_bytes == 3);
  CHECK(of.store.counts().waiting == 2);

  REQUIRE_FALSE(of.store.discard(3, there));
  CHECK_FALSE(there);
  REQUIRE_FALSE(of.store.discard(1, there));
  CHECK(there);
  of.reopen();
  CHECK(letters(of.store).empty());
  CHECK(of.store.counts().dead_bytes == 0);
  CHECK(of.store.counts().last_number == 4);
}

TEMPLATE_TEST_CASE("each code of an error is kept", "", in_memory, through) {
  TestType of;
  for (int code = 1; code <= static_cast<int>(errc::truncated); ++code) {
    append(of.store, {"x"});
    REQUIRE_FALSE(of.store.bury(std::array{dead(read(of.store).front(), static_cast<errc>(code))}));
  }
  of.reopen();
  int code = 1;
  for (const dead_letter& each : letters(of.store)) CHECK(each.code == static_cast<errc>(code++));
  CHECK(code == static_cast<int>(errc::truncated) + 1);
}

TEST_CASE("a store in a file holds the same as one in memory, whatever is done to both") {
  for (std::uint64_t seed = 1; seed <= 16; ++seed) {
    fault::random_source chance(seed);
    through of;
    const bool is_mixed = seed > 4;  // one process at this level, the next at that one
    memory_store beside;
    const auto both = [&](auto step) {
      const error one = step(of.store), other = step(beside);
      INFO(one.words());
      REQUIRE_FALSE(one);
      REQUIRE_FALSE(other);
    };
    for (int i = 0; i < 300; ++i) {
      const std::size_t drawn = chance.below(100);
      const std::uint64_t last = of.store.counts().last_number,
                          number = 1 + chance.below(static_cast<std::size_t>(last + 2));
      const auto page = read(of.store, chance.below(static_cast<std::size_t>(last + 1)), 1 + chance.below(20));
      if (drawn < 40) {
        std::vector<std::string> texts(1 + chance.below(9));
        std::vector<new_entry> entries;
        for (std::string& text : texts) {
          text.assign(chance.below(700), static_cast<char>('a' + i % 26));
          entries.push_back({chance.percent(50) ? entry_kind::add : entry_kind::update, moment(i), text});
        }
        both([&](auto& store) { return store.append(entries); });
      } else if (drawn < 60) {
        std::vector<std::uint64_t> some;
        for (const queue_entry& each : page) some.push_back(each.number);
        if (chance.percent(30)) std::reverse(some.begin(), some.end());
        both([&](auto& store) { return store.settle(some, moment(i)); });
      } else if (drawn < 75) {
        std::vector<dead_letter> some;
        for (const queue_entry& each : page)
          if (chance.percent(30)) some.push_back(dead(each));
        both([&](auto& store) { return store.bury(some); });
      } else if (drawn < 97) {
        bool there[2] = {};
        int which = 0;
        both([&](auto& store) {
          return drawn < 85 ? store.revive(number, moment(i), there[which++]) : store.discard(number, there[which++]);
        });
        REQUIRE(there[0] == there[1]);
      } else if (!is_mixed) {
        of.reopen();
      } else {
        of.reopen({.level = chance.percent(70) ? durability::none : durability::power_loss,
                   .log_pages = static_cast<std::uint32_t>(1 + chance.below(3))});
      }
      REQUIRE(same(of.store.counts(), beside.counts()));
      REQUIRE(of.store.held_until() == beside.held_until());
    }
    const auto one = read(of.store), other = read(beside);
    REQUIRE(one.size() == other.size());
    for (std::size_t i = 0; i < one.size(); ++i)
      REQUIRE((one[i].number == other[i].number && tuple_of(one[i]) == tuple_of(other[i])));
    REQUIRE(letters(of.store).size() == letters(beside).size());
  }
}

TEST_CASE("a store in a file moves, and one that was moved from says so") {
  through of;
  append(of.store, {"x"});
  sqlite_store other = std::move(of.store);
  CHECK(numbers(other) == "1");
  CHECK(other.level() == durability::power_loss);
  std::vector<queue_entry> to;
  CHECK(of.store.read(0, 1, 1, to).words() == "this store was moved from");
  CHECK(same(of.store.counts(), {}));
  of.store = std::move(other);
  sqlite_store& self = of.store;
  of.store = std::move(self);
  CHECK(numbers(of.store) == "1");
  STATIC_REQUIRE_FALSE(std::is_copy_constructible_v<sqlite_store>);
}
