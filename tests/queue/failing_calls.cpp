// What failing_calls.py fails the calls of: a store that is opened, used, closed and opened again, and says what was acknowledged as it happens.
// SPDX-License-Identifier: MIT OR Apache-2.0
//
// auditor_queue_failing_calls write FILE     "a 3": accepted; "s 3": settled; "b 3": buried; "x ...": an error, of what was tried with "try a 3"
// auditor_queue_failing_calls read FILE      "w 3": waits; "d 3": is dead; "x ...": an error
// Exit code 1: an entry is not what was accepted.

#include <auditor/base/message.hpp>
#include <auditor/queue/sqlite_store.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <unistd.h>
#include <vector>

namespace {

constexpr auditor::timestamp noon(std::chrono::hours(24 * 20'000 + 12));

std::string json_of(std::uint64_t number) {
  return "{\"n\":" + std::to_string(number) + ",\"x\":\"" + std::string(number % 5 == 0 ? 5'000 : 300, 'x') + "\"}";
}

void say(const std::string& words) {
  const std::string line = words + "\n";
  if (::write(STDOUT_FILENO, line.data(), line.size()) != static_cast<ssize_t>(line.size())) _exit(3);
}

// What was acknowledged, or why not.
void say(char what, std::uint64_t number, const auditor::error& e) {
  const std::string about = std::string(1, what) + " " + std::to_string(number);
  say(e ? "x " + about + " " + auditor::message(e) : about);
}

std::optional<auditor::sqlite_store> open(const std::string& path) {
  for (int i = 0; i < 3; ++i) {
    auto opened = auditor::sqlite_store::open(path, {.log_pages = 12});
    if (opened) return *std::move(opened);
    say("x open " + auditor::message(opened.error()));
  }
  return {};
}

void append(auditor::sqlite_store& store, std::uint64_t& serial) {
  const std::string json = json_of(++serial);
  const auditor::new_entry one{auditor::entry_kind::add, noon, json};
  say("try a " + std::to_string(serial));
  say('a', serial, store.append({&one, 1}));
}

// By what is in the entry: the number in the store is another where one was refused.
std::uint64_t serial_of(const auditor::queue_entry& entry) {
  unsigned long long number = 0;
  return std::sscanf(entry.json.c_str(), "{\"n\":%llu", &number) == 1 && entry.json == json_of(number) ? number : 0;
}

void settle(auditor::sqlite_store& store, std::size_t skipped, std::size_t count) {
  std::vector<auditor::queue_entry> page;
  if (const auditor::error e = store.read(0, skipped + count, 1'000'000, page)) return say("x read " + auditor::message(e));
  for (std::size_t i = skipped; i < page.size(); ++i) {
    const std::array number{page[i].number};
    say("try s " + std::to_string(serial_of(page[i])));
    say('s', serial_of(page[i]), store.settle(number, noon));
  }
}

void bury(auditor::sqlite_store& store) {
  std::vector<auditor::queue_entry> page;
  if (const auditor::error e = store.read(0, 3, 1'000'000, page)) return say("x read " + auditor::message(e));
  if (page.empty()) return;
  const auto serial = serial_of(page.back());
  const std::array letter{auditor::dead_letter{page.back(), noon, auditor::errc::conflict, 500, "words"}};
  say("try b " + std::to_string(serial));
  say('b', serial, store.bury(letter));
}

int write(const std::string& path) {
  std::uint64_t serial = 0;
  if (auto store = open(path)) {
    for (int i = 0; i < 12; ++i) append(*store, serial);
    settle(*store, 0, 3);
    for (int i = 0; i < 10; ++i) append(*store, serial);
    bury(*store);
    settle(*store, 4, 3);
    for (int i = 0; i < 8; ++i) append(*store, serial);
  }
  if (auto store = open(path)) {
    for (int i = 0; i < 3; ++i) append(*store, serial);
    settle(*store, 1, 2);
  }
  return 0;
}

int read(const std::string& path) {
  auto store = open(path);
  if (!store) return 0;
  int code = 0;
  std::vector<auditor::queue_entry> page;
  std::uint64_t after = 0;
  do {
    if (const auditor::error e = store->read(after, 7, 10'000, page)) say("x read " + auditor::message(e));
    for (const auditor::queue_entry& each : page) {
      after = each.number;
      if (serial_of(each) == 0) code = 1;
      say("w " + std::to_string(serial_of(each)));
    }
  } while (!page.empty());
  std::vector<auditor::dead_letter> letters;
  if (const auditor::error e = store->dead_letters(0, 100, letters)) say("x dead_letters " + auditor::message(e));
  for (const auditor::dead_letter& each : letters) {
    if (serial_of(each.entry) == 0) code = 1;
    say("d " + std::to_string(serial_of(each.entry)));
  }
  return code;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view what = argc == 3 ? argv[1] : "";
  if (what == "write") return write(argv[2]);
  if (what == "read") return read(argv[2]);
  std::fprintf(stderr, "usage: %s write|read FILE\n", argv[0]);
  return 2;
}
