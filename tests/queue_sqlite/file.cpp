// The file of a store: whose it is, who has it, and what comes of one that is broken.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include "../catch.hpp"
#include "histories.hpp"

#include <auditor/base/message.hpp>

#include <sqlite3.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#ifdef __linux__
#include <sched.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#endif
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace sqlite_test;

namespace {

sqlite_store opened(const std::string& path, auditor::sqlite_store_options options = {}) {
  auto store = sqlite_store::open(path, options);
  INFO((store ? std::string_view() : store.error().words()));
  REQUIRE(store);
  return *std::move(store);
}
std::string refusal(const std::string& path, errc code = errc::storage_failed, auditor::sqlite_store_options options = {}) {
  const auto store = sqlite_store::open(path, options);
  if (store) return "opens";
  CHECK(store.error().code == code);
  return std::string(store.error().words());
}
bool says(const std::string& all, std::string_view part) {
  UNSCOPED_INFO(all);
  return all.find(part) != std::string::npos;
}
error append(sqlite_store& store, std::size_t count = 1, std::size_t size = 600) {
  static std::uint64_t serial = 0;
  std::vector<std::string> texts;
  std::vector<new_entry> entries;
  for (std::size_t i = 0; i < count; ++i)
    texts.push_back("{\"n\":" + std::to_string(++serial) + ",\"x\":\"" + std::string(size, 'x') + "\"}");
  for (const std::string& text : texts) entries.push_back({entry_kind::add, moment(1), text});
  return store.append(entries);
}
void run(const std::string& path, const std::string& text) {
  sqlite3* db = nullptr;
  REQUIRE(sqlite3_open(path.c_str(), &db) == SQLITE_OK);
  const int code = sqlite3_exec(db, text.c_str(), nullptr, nullptr, nullptr);
  INFO(sqlite3_errmsg(db));
  CHECK(code == SQLITE_OK);
  sqlite3_close(db);
}
template <class Work>
int in_child(Work work) {
  const pid_t child = fork();
  if (child == 0) {
    alarm(60);
    _exit(work());
  }
  int how = -1;
  waitpid(child, &how, 0);
  return WIFEXITED(how) ? WEXITSTATUS(how) : 1'000 + how;
}

}  // namespace

TEST_CASE("a path that is none, and one that leads to something else, is refused by name") {
  const folder at;
  CHECK(sqlite_store::open("").error().code == errc::invalid_argument);
  CHECK(sqlite_store::open(nullptr).error().code == errc::invalid_argument);
  CHECK(sqlite_store::open(std::string("a\0b", 3)).error().code == errc::invalid_argument);
  CHECK(says(refusal(at / "no/such"), "its folder cannot be found: No such file or directory"));
  CHECK(says(refusal(at / ""), "is a folder"));
  CHECK(says(refusal(at / "."), "is a folder"));
  std::filesystem::create_directory(at / "d");
  CHECK(says(refusal(at / "d"), "/d' is a folder"));
  std::filesystem::create_symlink(at / "target", at / "link");
  CHECK(says(refusal(at / "link"), "/link' is a symbolic link"));
  CHECK_FALSE(std::filesystem::exists(at / "target"));
  REQUIRE(mkfifo((at / "pipe").c_str(), 0600) == 0);
  CHECK(says(refusal(at / "pipe"), "/pipe' is no regular file"));
  std::filesystem::create_symlink(at / "target", at / "q.lock");
  CHECK(says(refusal(at / "q"), "/q'.lock is a symbolic link"));
  std::filesystem::remove(at / "q.lock");
  REQUIRE(mkfifo((at / "q.lock").c_str(), 0600) == 0);
  CHECK(says(refusal(at / "q"), "/q'.lock is no regular file"));
  CHECK(says(refusal(at / std::string(300, 'n')), "File name too long"));
  std::ofstream(at / "open").close();
  std::filesystem::permissions(at / "open", std::filesystem::perms(0666));
  CHECK(says(refusal(at / "open"), "may be written by everybody: chmod o-w"));
  if (geteuid() == 0) {
    std::ofstream(at / "other").close();
    std::filesystem::permissions(at / "other", std::filesystem::perms(0600));
    REQUIRE(chown((at / "other").c_str(), 12'345, 12'345) == 0);
    CHECK(says(refusal(at / "other"), "belongs to user 12345, and this process is user 0"));
  }
}

#ifdef __linux__
namespace {
std::uint32_t pretended_file_system = 0;
}

// In the place of the C library's: a network file system cannot be mounted by a test.
extern "C" int statfs(const char* path, struct statfs* to) noexcept {
  const int code = static_cast<int>(syscall(SYS_statfs, path, to));
  if (code == 0 && pretended_file_system != 0) to->f_type = static_cast<decltype(to->f_type)>(pretended_file_system);
  return code;
}

TEST_CASE("a file on a network file system is refused, or opened when that is wanted") {
  const folder at;
  for (const auto& [number, name] :
       {std::pair{0x6969u, "NFS"}, std::pair{0xFF534D42u, "SMB"}, std::pair{0x0BD00BD0u, "Lustre"}}) {
    pretended_file_system = number;
    CHECK(says(refusal(at / "q"), "is on a network file system (" + std::string(name) + ")"));
    CHECK_FALSE(std::filesystem::exists(at / "q.lock"));
  }
  CHECK(sqlite_store::open(at / "q", {.network_file_system = true}));
  pretended_file_system = 0x9123683E;  // btrfs
  CHECK(sqlite_store::open(at / "q"));
  pretended_file_system = 0;
}
#endif

TEST_CASE("a folder that may not be written is told, and once it may all is well") {
  const folder at;
  std::filesystem::create_directory(at / "d");
  const auto in = [&](auto work) {  // as a user whom rights concern
    return in_child([&] {
      if (geteuid() == 0 &&
          (chmod((at / "").c_str(), 0755) != 0 || chown((at / "d").c_str(), 12'345, 12'345) != 0 || seteuid(12'345) != 0))
        return 77;
      return work() ? 0 : 1;
    });
  };
  CHECK(in([&] {
          std::filesystem::permissions(at / "d", std::filesystem::perms(0500));
          const auto none = sqlite_store::open(at / "d/q");
          if (none || none.error().code != errc::storage_failed ||
              none.error().words().find("Permission denied") == std::string_view::npos)
            return false;
          std::filesystem::permissions(at / "d", std::filesystem::perms(0700));
          auto store = sqlite_store::open(at / "d/q");
          return store && !append(*store);
        }) == 0);
}

TEST_CASE("the files are their owner's alone, and there is no shared memory") {
  const folder at;
  const mode_t before = umask(0);
  sqlite_store store = opened(at / "q");
  REQUIRE_FALSE(append(store));
  umask(before);
  std::set<std::string> names;
  for (const auto& each : std::filesystem::directory_iterator(at / "")) {
    names.insert(each.path().filename().string());
    CHECK(each.status().permissions() == std::filesystem::perms(0600));
  }
  CHECK(names == std::set<std::string>{"q", "q-wal", "q.lock"});
}

TEST_CASE("a second opener is told whose the file is, here and in another process") {
  const folder at;
  const std::string path = at / "q", mine = "is in use by process " + std::to_string(getpid());
  {
    sqlite_store store = opened(path);
    CHECK(says(refusal(path, errc::busy), mine));
    CHECK(message(sqlite_store::open(path).error()) ==
          "busy (the queue '" + path + "' " + mine + "); end that process, or use another file");
    std::filesystem::create_directory_symlink(at / "", at / "same");
    CHECK(says(refusal(at / "same/q", errc::busy), mine));
    CHECK(in_child([&] {
            execl("/bin/sh", "sh", "-c", ("flock --nonblock '" + path + ".lock' true").c_str(), nullptr);
            return 2;
          }) == 1);
    // The refused ones left the lock where it is.
    CHECK(says(refusal(path, errc::busy), mine));
    CHECK_FALSE(append(store));
    // Nor can SQLite's own shell change it.
    sqlite3* db = nullptr;
    CHECK(sqlite3_open(path.c_str(), &db) == SQLITE_OK);
    sqlite3_close(db);
  }
  sqlite_store again = opened(path);
  CHECK(again.counts().waiting == 1);
}

TEST_CASE("the lock of a process that was killed does not matter") {
  const folder at;
  const std::string path = at / "q";
  std::array<int, 2> ready{};
  for (int round = 0; round < 5; ++round) {
    REQUIRE(pipe(ready.data()) == 0);
    const pid_t child = fork();
    if (child == 0) {
      auto store = sqlite_store::open(path);
      if (!store || append(*store)) _exit(1);
      if (write(ready[1], "x", 1) != 1) _exit(1);
      for (;;) pause();
    }
    char one = 0;
    REQUIRE(read(ready[0], &one, 1) == 1);
    CHECK(says(refusal(path, errc::busy), "is in use by process " + std::to_string(child)));
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    close(ready[0]);
    close(ready[1]);
    sqlite_store store = opened(path);
    CHECK(store.counts().waiting == static_cast<std::uint64_t>(round + 1));
  }
}

TEST_CASE("killed at any moment, a process leaves what it was told is kept") {
  const folder at;
  const std::string path = at / "q";
  random_source chance(7);
  std::uint64_t told = 0;
  for (int round = 0; round < 40; ++round) {
    std::array<int, 2> ends{};
    REQUIRE(pipe(ends.data()) == 0);
    const pid_t child = fork();
    if (child == 0) {
      auto store = sqlite_store::open(path, {.level = static_cast<durability>(round % 2), .log_pages = 20});
      if (!store) _exit(1);
      for (;;) {
        if (append(*store, 1, 100)) _exit(1);
        const std::uint64_t last = store->counts().last_number;
        if (write(ends[1], &last, sizeof last) != sizeof last) _exit(1);
        const std::array one{last - 1};
        if (last % 3 == 0 && store->settle(one, timestamp())) _exit(1);
      }
    }
    usleep(static_cast<useconds_t>(1'000 + chance.below(15'000)));
    kill(child, SIGKILL);
    int how = 0;
    waitpid(child, &how, 0);
    CHECK(WIFSIGNALED(how));
    close(ends[1]);
    for (std::uint64_t last = 0; ::read(ends[0], &last, sizeof last) == sizeof last;) told = last;
    close(ends[0]);
    sqlite_store store = opened(path);
    REQUIRE(store.counts().last_number >= told);
    std::string problem;
    const held found = found_in(store, problem);
    REQUIRE(problem == "");
    for (std::uint64_t number = 1; number <= told; ++number) REQUIRE((found.waiting.contains(number) || number % 3 == 2));
  }
  std::printf("killed processes: 40 rounds, %llu entries: lost=0\n", static_cast<unsigned long long>(told));
}

TEST_CASE("killed at any moment, durability::none leaves the beginning of what it was told is kept") {
  const folder at;
  const std::string path = at / "q";
  constexpr std::size_t pages = 3, size = 100;
  random_source chance(8);
  std::uint64_t lost = 0, kept = 0;
  for (int round = 0; round < 40; ++round) {
    std::array<int, 2> ends{};
    REQUIRE(pipe(ends.data()) == 0);
    const pid_t child = fork();
    if (child == 0) {
      auto store = sqlite_store::open(path, {.level = durability::none, .log_pages = pages});
      if (!store) _exit(1);
      for (;;) {
        if (append(*store, 1, size)) _exit(1);
        const std::uint64_t last = store->counts().last_number;
        const std::array one{last - 1};
        if (last % 3 == 0 && store->settle(one, timestamp())) _exit(1);
        if (write(ends[1], &last, sizeof last) != sizeof last) _exit(1);
      }
    }
    // Each second one not before some blocks are full.
    std::uint64_t told = 0;
    for (int i = 0; i < 400 && round % 2 == 1; ++i) REQUIRE(::read(ends[0], &told, sizeof told) == sizeof told);
    usleep(static_cast<useconds_t>(chance.below(15'000)));
    kill(child, SIGKILL);
    int how = 0;
    waitpid(child, &how, 0);
    CHECK(WIFSIGNALED(how));
    close(ends[1]);
    for (std::uint64_t last = 0; ::read(ends[0], &last, sizeof last) == sizeof last;) told = last;
    close(ends[0]);
    sqlite_store store = opened(path);
    std::string problem;
    const held found = found_in(store, problem);
    REQUIRE(problem == "");
    for (std::uint64_t number = 1; number <= found.last; ++number)
      if (number % 3 != 2 || number != found.last) REQUIRE(found.waiting.contains(number) == (number % 3 != 2));
    CHECK(found.dead.empty());
    // No more is gone than what gathered, and what was on its way to the file meanwhile.
    if (told > found.last) lost += told - found.last;
    if (told > found.last) CHECK(told - found.last <= 1 + 2 * (pages * 4096 / size + 1));
    kept = found.last;
  }
  std::printf("killed processes at durability::none: 40 rounds, %llu entries kept, %llu lost\n",
              static_cast<unsigned long long>(kept), static_cast<unsigned long long>(lost));
  CHECK(kept > 0);
}

namespace {

// Of several blocks, some of them settled in part, beside rows.
held some_blocks(const std::string& path) {
  {
    sqlite_store rows = opened(path);
    REQUIRE_FALSE(append(rows, 7, 100));
  }
  {
    sqlite_store store = opened(path, {.level = durability::none, .log_pages = 1});
    for (int i = 0; i < 200; ++i) REQUIRE_FALSE(append(store, 1, 300));
    REQUIRE_FALSE(append(store, 30, 1'000));
    std::vector<std::uint64_t> numbers(60);
    std::iota(numbers.begin(), numbers.end(), std::uint64_t{3});
    REQUIRE_FALSE(store.settle(numbers, timestamp()));
    std::vector<queue_entry> page;
    REQUIRE_FALSE(store.read(99, 2, 100'000, page));
    REQUIRE_FALSE(store.bury(std::array{dead_letter{page[0], moment(1), errc::conflict, 500, "words"},
                                        dead_letter{page[1], moment(1), errc::conflict, 500, "words"}}));
  }
  sqlite_store rows = opened(path);
  REQUIRE_FALSE(append(rows, 5, 100));
  std::string problem;
  const held all = found_in(rows, problem);
  REQUIRE(problem == "");
  REQUIRE(all.waiting.size() == 242 - 60 - 2);
  return all;
}

}  // namespace

TEST_CASE("what durability::none left in a file of its own is read, settled and buried at every level") {
  for (const durability level : {durability::power_loss, durability::process_crash, durability::none}) {
    const folder at;
    const std::string path = at / "q";
    const held all = some_blocks(path);
    CHECK(std::filesystem::file_size(path + "-spill") > 60'000);
    {
      sqlite_store store = opened(path, {.level = level});
      std::vector<std::uint64_t> numbers;
      for (const auto& [number, entry] : all.waiting)
        if (number != 120) numbers.push_back(number);
      REQUIRE_FALSE(store.settle(numbers, timestamp()));
      CHECK(store.counts().waiting == 1);
      CHECK(store.counts().waiting_bytes == std::get<2>(all.waiting.at(120)).size());
    }
    {
      sqlite_store store = opened(path, {.level = level});
      std::vector<queue_entry> page;
      REQUIRE_FALSE(store.read(0, 9, 100'000, page));
      REQUIRE(page.size() == 1);
      CHECK(tuple_of(page[0]) == all.waiting.at(120));
      REQUIRE_FALSE(store.bury(std::array{dead_letter{page[0], moment(1), errc::conflict, 500, "words"}}));
      CHECK(store.counts().waiting_bytes == 0);
    }
    CHECK_FALSE(std::filesystem::exists(path + "-spill"));
    CHECK(opened(path).counts().dead == 3);
  }
}

TEST_CASE("a file of blocks that is gone, cut or changed takes nothing away unsaid, and gives nothing else") {
  const folder at;
  const std::string path = at / "q";
  const held all = some_blocks(path);
  const files whole = files_of(path);
  const std::string& blocks = whole.at("-spill");
  random_source chance(3);
  std::uint64_t told_in_all = 0;
  for (int i = 0; i < 400; ++i) {
    files changed = whole;
    std::string& bytes = changed["-spill"];
    if (i == 0)
      changed.erase("-spill");
    else if (i == 1)
      bytes.clear();
    else if (i < 40)
      bytes.resize(chance.below(bytes.size()));
    else if (i < 300)
      bytes[chance.below(bytes.size())] ^= static_cast<char>(1 << chance.below(8));
    else  // a part of it in the place of another one, as where a page holds another one's bytes
      bytes.replace(chance.below(bytes.size() / 512) * 512, 512, blocks, chance.below(blocks.size() / 512) * 512, 512);
    put(path, changed);
    std::size_t told = 0;
    for (int time = 0; time < 2; ++time) {
      INFO("change " << i << ", time " << time);
      sqlite_store store = opened(path);
      std::vector<queue_entry> page;
      std::vector<dead_letter> letters;
      std::size_t found = 0;
      for (std::uint64_t after = 0; !store.read(after, 20, 100'000, page) && !page.empty(); after = page.back().number)
        for (const queue_entry& each : page) {
          ++found;
          if (each.json.ends_with("}"))
            REQUIRE(all.waiting.at(each.number) == tuple_of(each));
          else
            letters.push_back({each, moment(1), errc::storage_failed, 0, "changed"});
        }
      REQUIRE(found == all.waiting.size() - (time == 0 ? 0 : told));
      if (time == 0) REQUIRE_FALSE(store.bury(letters));
      if (time == 0) told = letters.size();
      if (time == 1) REQUIRE(letters.empty());
      REQUIRE(store.counts().waiting == all.waiting.size() - told);
      REQUIRE(store.counts().dead == all.dead.size() + told);
      if (i >= 40 && i < 300) CHECK(told <= 20);  // those of one block
      if (i < 2) CHECK(told == 242 - 60 - 2 - 5 - 2);
      if (time == 0) continue;
      std::vector<std::uint64_t> numbers;
      for (const auto& [number, entry] : all.waiting) numbers.push_back(number);
      REQUIRE_FALSE(store.settle(numbers, timestamp()));
      REQUIRE(store.counts().waiting == 0);
      REQUIRE_FALSE(append(store));
    }
    told_in_all += told;
  }
  std::printf("changed files of blocks: 400, %llu entries told\n", static_cast<unsigned long long>(told_in_all));
  CHECK(told_in_all > 1'000);
}

TEST_CASE("counters that are broken are counted anew, with the blocks") {
  const folder at;
  const held all = some_blocks(at / "q");
  for (const char* const text : {"UPDATE counters SET waiting = 7", "DELETE FROM counters", "DELETE FROM settled"}) {
    const folder other;
    put(other / "q", files_of(at / "q"));
    run(other / "q", text);
    sqlite_store store = opened(other / "q");
    std::string problem;
    held found = found_in(store, problem);
    CHECK(problem == "");
    CHECK(found.dead.size() == all.dead.size() + 1);
    // What was delivered of a block of which something waits is sent again.
    for (const auto& [number, entry] : all.waiting) REQUIRE(found.waiting.at(number) == entry);
    for (const auto& [number, entry] : all.dead) REQUIRE_FALSE(found.waiting.contains(number));
    CHECK(found.waiting.size() < all.waiting.size() + 30);
  }
}

TEST_CASE("a child after fork has nothing of the parent's, and the parent all") {
  const folder at;
  const std::string path = at / "q";
  sqlite_store store = opened(path);
  REQUIRE_FALSE(append(store));
  CHECK(in_child([&] {
          std::vector<queue_entry> to;
          std::vector<dead_letter> dead;
          bool found = false;
          const std::array one{std::uint64_t{1}};
          int wrong = 0;
          for (const error& e :
               {append(store), store.read(0, 9, 9, to), store.settle(one, moment(1)), store.bury(std::array{dead_letter{}}),
                store.dead_letters(0, 9, dead), store.revive(1, moment(1), found), store.discard(1, found)})
            wrong += e.code != errc::invalid_argument ||
                     e.words() != "this queue is the parent's: open another file after fork()";
          wrong += !to.empty() || found || store.counts().waiting != 1;
          if (!says(refusal(path, errc::busy), "is in use by process " + std::to_string(getppid()))) ++wrong;
          {
            sqlite_store gone = std::move(store);
          }
          // Which leaves the lock the parent's.
          if (!says(refusal(path, errc::busy), "is in use by process " + std::to_string(getppid()))) ++wrong;
          auto own = sqlite_store::open(at / "own");
          return wrong + (own && !append(*own) ? 0 : 1);
        }) == 0);
  CHECK_FALSE(append(store));
  CHECK(store.counts().waiting == 2);
  std::string problem;
  CHECK(found_in(store, problem).waiting.size() == 2);
  CHECK(problem == "");
}

TEST_CASE("a file that is deleted or replaced while it is open takes nothing more, and what it has goes out") {
  for (const std::string end : {"", "-wal", "-spill"})
    for (const bool replaced : {false, true}) {
      const folder at;
      const std::string path = at / "q", aside = at / "aside";
      sqlite_store store =
          opened(path, {.level = end == "-spill" ? durability::none : durability::power_loss, .log_pages = 2});
      REQUIRE_FALSE(append(store, 3, 6'000));
      REQUIRE(std::filesystem::exists(path + end));
      if (replaced) std::ofstream(at / "other") << "another";
      std::filesystem::rename(path + end, aside);
      if (replaced) std::filesystem::rename(at / "other", path + end);
      usleep(end == "-spill" ? 20'000 : 1'000);  // it looks once in that time
      const error e = append(store);
      CHECK(e.code == errc::storage_failed);
      CHECK(says(std::string(e.words()), "/q'" + end + " was deleted or replaced while it is open: what it has goes out"));
      std::string problem;
      CHECK(found_in(store, problem).waiting.size() == 3);
      CHECK(problem == "");
      const std::array one{std::uint64_t{1}};
      CHECK_FALSE(store.settle(one, moment(1)));
      CHECK(store.counts().waiting == 2);
      std::filesystem::rename(aside, path + end);
      CHECK_FALSE(append(store));
      CHECK(store.counts().waiting == 3);
      store = opened(at / "none");
      CHECK(opened(path).counts().waiting == 3);
    }
}

TEST_CASE("a file whose log was being made when the power went has one when it is opened") {
  const folder at;
  const std::string path = at / "q";
  {
    auto store = opened(path);
    REQUIRE(!append(store));
  }
  // As SQLite rolls it back: of the old kind, with the log that there was already, without entries.
  std::string log(32, '\0');
  std::ofstream(path + "-wal").write(log.data(), 32);
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(18).write("\1\1", 2);
  file.close();
  auto store = opened(path);
  CHECK(store.counts().waiting == 1);
  REQUIRE(!append(store));
  CHECK(std::filesystem::file_size(path + "-wal") > 32);
}
TEST_CASE("a file that was emptied is refused, and one that is deleted is made anew") {
  const folder at;
  const std::string path = at / "q";
  {
    sqlite_store store = opened(path);
    REQUIRE_FALSE(append(store));
  }
  std::filesystem::resize_file(path, 0);
  for (int i = 0; i < 2; ++i)
    CHECK(says(refusal(path), "/q' is empty, and was a queue: what it had is gone; delete it to begin anew"));
  CHECK(std::filesystem::file_size(path) == 0);
  std::filesystem::remove(path);
  CHECK(opened(path).counts().waiting == 0);
  // Nor is one whose log is there a new one.
  std::ofstream(at / "log").close();
  std::filesystem::permissions(at / "log", std::filesystem::perms(0600));
  std::ofstream(at / "log-wal") << "something";
  CHECK(says(refusal(at / "log"), "/log' is empty, and was a queue"));
  CHECK(std::filesystem::file_size(at / "log-wal") == 9);
}

TEST_CASE("blocks without their file are kept, and the file that is put back has them again") {
  const folder at;
  const std::string path = at / "q";
  const held all = some_blocks(path);
  std::filesystem::copy_file(path, at / "kept");
  std::filesystem::resize_file(path, 0);
  for (const durability level : {durability::none, durability::power_loss})
    CHECK(says(refusal(path, auditor::errc::storage_failed, {.level = level}), "/q' is empty, and was a queue"));
  std::filesystem::remove(path);
  CHECK(says(refusal(path), "/q' is gone, and its blocks, \"-spill\", are not: put it back, or delete them to begin anew"));
  std::filesystem::rename(at / "kept", path);
  std::string problem;
  sqlite_store store = opened(path);
  CHECK(found_in(store, problem).waiting == all.waiting);
  CHECK(problem == "");
}

TEST_CASE("a store whose files were deleted leaves those alone that another made in their place") {
  for (const durability level : {durability::none, durability::power_loss}) {
    const folder at;
    const std::string path = at / "q";
    sqlite_store old = opened(path, {.level = durability::none});
    REQUIRE_FALSE(append(old, 3, 600'000));
    std::vector<queue_entry> page;
    REQUIRE_FALSE(old.read(0, 9, 9'000'000, page));
    REQUIRE(page.size() == 3);
    for (const std::string end : {"", "-wal", "-spill", ".lock"}) std::filesystem::remove(path + end);
    {
      sqlite_store other = opened(path, {.level = level});
      REQUIRE_FALSE(append(other, 9, 100'000));  // more than a bulk that is rows
    }
    REQUIRE(std::filesystem::exists(path + "-spill"));
    REQUIRE_FALSE(old.settle(std::array{page[0].number, page[1].number, page[2].number}, timestamp()));
    {
      const sqlite_store gone = std::move(old);
    }
    std::string problem;
    sqlite_store other = opened(path);
    CHECK(found_in(other, problem).waiting.size() == 9);
    CHECK(problem == "");
  }
}

TEST_CASE("a child that inherited a file is told why it cannot open it") {
  const folder at;
  const std::string path = at / "q";
  std::array<int, 2> ends{};
  REQUIRE(pipe(ends.data()) == 0);
  const pid_t parent = fork();
  if (parent == 0) {
    auto store = sqlite_store::open(path);
    if (!store) _exit(1);
    const pid_t mine = getpid();
    if (fork() != 0) _exit(0);
    while (kill(mine, 0) == 0) usleep(1'000);  // until the parent has been waited for, too
    int wrong = 0;
    for (int i = 0; i < 2; ++i) {  // with what it inherited, and without
      if (!says(refusal(path, errc::invalid_argument), "was open in process " + std::to_string(mine) + " when that forked"))
        wrong |= 1 << i;
      if (i == 0) sqlite_store gone = *std::move(store);
    }
    if (write(ends[1], &wrong, sizeof wrong) != sizeof wrong) _exit(1);
    _exit(0);
  }
  waitpid(parent, nullptr, 0);
  int wrong = -1;
  REQUIRE(::read(ends[0], &wrong, sizeof wrong) == sizeof wrong);
  CHECK(wrong == 0);
  close(ends[0]);
  close(ends[1]);
  CHECK(refusal(path) == "opens");
}

TEST_CASE("a child that is left behind is named") {
  const folder at;
  const std::string path = at / "q";
  std::array<int, 2> ends{};
  REQUIRE(pipe(ends.data()) == 0);
  const pid_t parent = fork();
  if (parent == 0) {
    const auto store = sqlite_store::open(path);
    if (!store) _exit(1);
    const pid_t child = fork();
    if (child == 0)
      for (;;) pause();
    if (write(ends[1], &child, sizeof child) != sizeof child) _exit(1);
    kill(getpid(), SIGKILL);
  }
  pid_t child = 0;
  REQUIRE(::read(ends[0], &child, sizeof child) == sizeof child);
  waitpid(parent, nullptr, 0);
  CHECK(says(refusal(path, errc::busy), "is in use by a child that process " + std::to_string(parent) + " left behind"));
  kill(child, SIGKILL);
  for (int i = 0; i < 1'000 && kill(child, 0) == 0 && !sqlite_store::open(path); ++i) usleep(1'000);
  CHECK(sqlite_store::open(path));
  close(ends[0]);
  close(ends[1]);
}

TEST_CASE("a file of a newer version, and another program's, is refused and left as it is") {
  const folder at;
  {
    sqlite_store store = opened(at / "q");
  }
  run(at / "q", "PRAGMA user_version = 4");
  CHECK(says(refusal(at / "q"), "was written by a newer version of this library (4; this one knows 3)"));
  run(at / "q", "PRAGMA user_version = 2");
  CHECK(says(refusal(at / "q"), "was written by an older version of this library (2; this one knows 3)"));
  run(at / "other", "CREATE TABLE t(x); INSERT INTO t VALUES(1); PRAGMA application_id = 77");
  run(at / "plain", "CREATE TABLE t(x); INSERT INTO t VALUES(1)");
  run(at / "log", "PRAGMA journal_mode = WAL; CREATE TABLE t(x); INSERT INTO t VALUES(1)");
  for (const char* const name : {"other", "plain", "log"}) {
    const auto before = files_of(at / name);
    std::filesystem::permissions(at / name, std::filesystem::perms(0600));
    CHECK(says(refusal(at / name), "is another program's database"));
    CHECK(files_of(at / name) == before);
    CHECK(!std::filesystem::exists(at / (name + std::string(".lock"))));
  }
  std::ofstream(at / "text") << "This is a letter.\n";
  CHECK(says(refusal(at / "text"), "is no file of SQLite's"));
  CHECK(!std::filesystem::exists(at / "text.lock"));
  std::ofstream(at / "zeros") << std::string(10'000, '\0');
  CHECK(says(refusal(at / "zeros"), "is no file of SQLite's"));
  // An empty one, as mktemp makes it, is a new one; and one of SQLite's with nothing in it.
  std::ofstream(at / "empty").close();
  std::filesystem::permissions(at / "empty", std::filesystem::perms(0600));
  CHECK(refusal(at / "empty") == "opens");
  run(at / "nothing", "PRAGMA auto_vacuum = INCREMENTAL; VACUUM");
  std::filesystem::permissions(at / "nothing", std::filesystem::perms(0600));
  CHECK(refusal(at / "nothing") == "opens");
}

TEST_CASE("a log that is gone, emptied or cut behind the end of a process takes nothing away unsaid") {
  const folder at;
  for (const std::size_t in_file : {std::size_t{0}, std::size_t{100}})
    for (const std::size_t settled : {std::size_t{0}, std::size_t{2}, in_file + 50}) {
      const std::string here = "of-" + std::to_string(in_file) + "-" + std::to_string(settled);
      std::filesystem::create_directory(at / here);
      const std::string path = at / (here + "/q");
      if (in_file != 0) {
        sqlite_store before = opened(path);
        REQUIRE_FALSE(append(before, in_file));
      }
      sqlite_store living = opened(path);
      for (int i = 0; i < 50; ++i) REQUIRE_FALSE(append(living));
      std::vector<std::uint64_t> numbers(settled);
      std::iota(numbers.begin(), numbers.end(), std::uint64_t{1});
      REQUIRE_FALSE(living.settle(numbers, timestamp()));
      const std::size_t log_size = std::filesystem::file_size(path + "-wal");
      for (const std::size_t left : {log_size, log_size / 2, std::size_t{0}}) {
        // As after kill -9, and then somebody came.
        std::filesystem::remove_all(at / "killed");
        std::filesystem::create_directory(at / "killed");
        const std::string killed = at / "killed/q";
        for (const char* const end : {"", "-wal", ".lock"}) std::filesystem::copy_file(path + end, killed + end);
        std::filesystem::resize_file(killed + "-wal", left);
        for (int life = 0; life < 2; ++life) {
          sqlite_store store = opened(killed);
          INFO(here << ", " << left << " bytes of the log, life " << life);
          std::vector<dead_letter> letters;
          REQUIRE_FALSE(store.dead_letters(0, 10, letters));
          const auto counts = store.counts();
          CHECK(letters.size() == (left == log_size ? 0u : 1u));
          CHECK(counts.last_number == in_file + 50 + letters.size());
          CHECK(counts.waiting <= in_file + 50);
          if (left == log_size) CHECK(counts.waiting == in_file + 50 - settled);
          for (const dead_letter& each : letters) CHECK(says(each.words, " to " + std::to_string(in_file + 50)));
          std::vector<queue_entry> found;
          REQUIRE_FALSE(store.read(0, 1'000, 1'000'000, found));
          CHECK(found.size() == counts.waiting);
        }
      }
      std::filesystem::remove_all(at / "killed");
      std::filesystem::create_directory(at / "killed");
      for (const char* const end : {"-wal", ".lock"}) std::filesystem::copy_file(path + end, at / "killed/q" + end);
      CHECK(says(refusal(at / "killed/q"), "is gone, and its log, \"-wal\", is not"));
      std::filesystem::remove(at / "killed/q-wal");
      CHECK(opened(at / "killed/q").counts().last_number == 0);  // begun anew
    }
}

TEST_CASE("settings that keep it bounded are those of the file") {
  const folder at;
  sqlite_store store = opened(at / "q");
  for (int i = 0; i < 200; ++i) REQUIRE_FALSE(append(store, 100));
  const auto size = std::filesystem::file_size(at / "q") + std::filesystem::file_size(at / "q-wal");
  CHECK(size > 12'000'000);
  for (int i = 0; i < 20; ++i) {
    std::vector<std::uint64_t> numbers;
    for (std::uint64_t n = 1; n <= 1'000; ++n) numbers.push_back(n + static_cast<std::uint64_t>(i) * 1'000);
    REQUIRE_FALSE(store.settle(numbers, timestamp()));
  }
  CHECK(store.counts().waiting == 0);
  for (int i = 0; i < 50; ++i) {
    REQUIRE_FALSE(append(store));
    const std::array one{store.counts().last_number};
    REQUIRE_FALSE(store.settle(one, timestamp()));
  }
  {
    sqlite_store gone = std::move(store);
  }
  CHECK(std::filesystem::file_size(at / "q") < 6'000'000);
  CHECK_FALSE(std::filesystem::exists(at / "q-wal"));
}

TEST_CASE("a full disk is told, and more is kept when there is room") {
  const auto level = GENERATE(durability::power_loss, durability::none);
  recording_disk disk;
  const folder at;
  sqlite_store store = opened(at / "q", {.level = level, .log_pages = 50});
  disk.bytes_left = 3'000'000;
  error full;
  for (int i = 0; i < 10'000 && !full; ++i) full = append(store, 5);
  CHECK(full.code == errc::storage_failed);
  CHECK(says(std::string(full.words()), "/q': database or disk is full (No space left on device)"));
  while (!append(store)) continue;  // fewer may have fitted
  const auto kept = store.counts();
  CHECK(kept.waiting > 3'000);
  CHECK(append(store).code == errc::storage_failed);
  std::string problem;
  CHECK(found_in(store, problem).waiting.size() == kept.waiting);
  CHECK(problem == "");
  disk.bytes_left = 1'000'000;
  CHECK_FALSE(append(store));
  CHECK(same(store.counts(), found_in(store, problem).counts()));
  {
    sqlite_store gone = std::move(store);
  }
  CHECK(opened(at / "q").counts().waiting == kept.waiting + 1);
}

#ifdef __linux__
namespace {

// A small disk of this process alone, there. Of ext4, which keeps a part of the room that it cannot give, or in memory.
bool mount_small_disk(const std::string& there, bool is_ext4) {
  if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return false;
  if (!is_ext4) return mount("none", there.c_str(), "tmpfs", 0, "size=16m") == 0;
  const std::string image = there + "image";
  std::ofstream(image).close();
  std::filesystem::resize_file(image, 20'000'000);
  const std::string make =
      "PATH=$PATH:/sbin:/usr/sbin; mkfs.ext4 -q -F -m 0 '" + image + "' && mount -o loop '" + image + "' '" + there + "'";
  return std::system((make + " > /dev/null 2>&1").c_str()) == 0;
}

void deliver_from_a_full_disk(bool is_ext4) {
  const folder at;
  for (const auto& [level, by_others] : {std::pair{durability::power_loss, false}, std::pair{durability::power_loss, true},
                                         std::pair{durability::none, false}, std::pair{durability::none, true}}) {
    const auditor::sqlite_store_options options{.level = level};
    const int wrong = in_child([&, is_by_others = by_others] {
      if (!mount_small_disk(at / "", is_ext4)) return 77;
      auto store = sqlite_store::open(at / "q", options);
      if (!store) return 1;
      error full;
      const auto fill = [&at] {
        std::ofstream other(at / "other", std::ios::app);
        while (other << std::string(4'096, 'x') << std::flush) continue;
      };
      if (is_by_others) {
        if (append(*store, 100)) return 2;
        fill();
      }
      for (int i = 0; i < 1'000 && !full; ++i) full = append(*store, 100);
      if (full.code != errc::storage_failed || !says(std::string(full.words()), "disk is full")) return 3;
      std::uint64_t next = 1;
      std::string problem;
      for (const std::uint64_t last = store->counts().last_number; next <= store->counts().last_number; ++next) {
        const std::array one{next};
        if (next % 8 == 0) append(*store);  // who has more to say does not stop because of that
        if (const error e = store->settle(one, moment(static_cast<std::int64_t>(next)))) {
          std::printf("settling %llu of %llu: %s\n", static_cast<unsigned long long>(next),
                      static_cast<unsigned long long>(last), e.text);
          return 4;
        }
        // They take the room that the lock gave back; what is in memory alone would have none.
        if (is_by_others && next == 20 && options.level != durability::none) fill();
        if (next == last / 2) {  // opened again on the full disk
          store = sqlite_store::open(at / "no/such");
          store = sqlite_store::open(at / "q", options);
          if (!store || store->counts().waiting != store->counts().last_number - next) return 5;
        }
      }
      if (store->counts().waiting != 0 || !same(found_in(*store, problem).counts(), store->counts()) || !problem.empty())
        return 6;
      if (is_by_others) std::filesystem::remove(at / "other");
      return append(*store, 10) && is_by_others ? 7 : 0;
    });
    if (wrong == 77)
      WARN("no disk of its own to fill: this takes root");
    else
      CHECK(wrong == 0);
  }
}

}  // namespace

TEST_CASE("from a full disk all that waits can be delivered, whoever filled it") { deliver_from_a_full_disk(true); }
TEST_CASE("from a full disk in memory all that waits can be delivered", "[deep]") { deliver_from_a_full_disk(false); }

TEST_CASE("a log that finds less room than it may have does not take the last of it from the file") {
  const folder at;
  const int wrong = in_child([&] {
    if (!mount_small_disk(at / "", false)) return 77;
    const int killed = in_child([&] {  // what it appended is in the log alone
      sqlite_store store = opened(at / "q", {.log_pages = 200});
      for (int i = 0; i < 15; ++i)
        if (append(store, 10, 3'000)) return 1;
      _exit(0);
    });
    if (killed != 0) return killed;
    std::ofstream(at / "other") << std::string(13'500'000, 'x');
    auto store = sqlite_store::open(at / "q");
    if (!store) return 2;
    for (std::uint64_t next = 1; next <= store->counts().last_number; ++next)
      if (const error e = store->settle({&next, 1}, moment(static_cast<std::int64_t>(next)))) {
        std::printf("settling %llu: %s\n", static_cast<unsigned long long>(next), e.text);
        return 3;
      }
    return store->counts().waiting == 0 ? 0 : 4;
  });
  if (wrong == 77)
    WARN("no disk of its own to fill: this takes root");
  else
    CHECK(wrong == 0);
}
#endif

namespace {

// A store of some entries and letters, closed; and what it holds.
held some_store(const std::string& path, std::size_t entries) {
  sqlite_store store = opened(path);
  for (std::size_t i = 0; i < entries; i += 10) REQUIRE_FALSE(append(store, 10, 100 + i % 400));
  REQUIRE_FALSE(append(store, 2, 20'000));
  REQUIRE_FALSE(append(store, 5, 50));
  std::vector<queue_entry> page;
  REQUIRE_FALSE(store.read(0, 10, 100'000, page));
  std::vector<dead_letter> letters;
  for (std::size_t i = 0; i < 4; ++i) letters.push_back({page[i * 2], moment(1), errc::conflict, 500, "words"});
  REQUIRE_FALSE(store.bury(letters));
  std::string problem;
  const held all = found_in(store, problem);
  REQUIRE(problem == "");
  return all;
}

struct found_broken {
  std::uint64_t refused = 0, stopped = 0, whole = 0, told = 0, files = 0, wrong = 0, missing = 0;
};

// Opens what is left of a file, reads all of it, and uses it: nothing may come out that had not been put in.
void look_through(const std::string& path, const held& all, found_broken& sum, const std::string& about) {
  ++sum.files;
  const auto complain = [&](const std::string& words) {
    if (sum.wrong++ == 0) FAIL_CHECK(about << ": " << words);
  };
  auto made = sqlite_store::open(path);
  if (!made) {
    if (made.error().code != errc::storage_failed) complain("another error: " + std::string(made.error().words()));
    ++sum.refused;
    return;
  }
  sqlite_store& store = *made;
  std::vector<queue_entry> page;
  std::uint64_t after = 0;
  std::size_t whole = 0, told = 0;
  bool stopped = false;
  for (int pages = 0; pages < 10'000; ++pages) {
    if (const error e = store.read(after, 9, 10'000, page)) {
      stopped = true;
      if (e.code != errc::storage_failed || e.words().find("/q'") == std::string_view::npos)
        complain("another error: " + std::string(e.words()));
      break;
    }
    if (page.empty()) break;
    for (const queue_entry& each : page) {
      if (each.number <= after) complain("out of order");
      after = each.number;
      const bool is_record = each.json.ends_with("\"}");
      const auto at = all.waiting.find(each.number);
      if (!is_record)
        ++told;
      else if (at == all.waiting.end() || at->second != tuple_of(each))
        complain("an entry that was never put in: " + std::to_string(each.number));
      else
        ++whole;
    }
  }
  sum.whole += whole;
  sum.told += told;
  sum.stopped += stopped;
  if (!stopped && whole + told < all.waiting.size()) sum.missing += all.waiting.size() - whole - told;
  std::vector<dead_letter> letters;
  if (!store.dead_letters(0, 1'000, letters))
    for (const dead_letter& each : letters) {
      const auto at = all.dead.find(each.entry.number);
      if (each.entry.json.ends_with("\"}") && (at == all.dead.end() || std::get<0>(at->second) != tuple_of(each.entry)))
        complain("a letter that was never put in");
      bool found = false;
      if (const error e = store.revive(each.entry.number, moment(5), found); e && e.code != errc::storage_failed)
        complain("revive: another error");
    }
  // Used, it answers or refuses.
  const error added = append(store),
              buried = page.empty()
                           ? error()
                           : store.bury(std::array{dead_letter{page.front(), moment(1), errc::json_syntax, 0, ""}});
  const std::array numbers{std::uint64_t{4}, std::uint64_t{6}, std::uint64_t{8}};
  const error settled = store.settle(numbers, moment(3));
  for (const error* each : {&added, &buried, &settled})
    if (*each && each->code != errc::storage_failed) complain("another error: " + std::string(each->words()));
}

void break_files(std::uint64_t files, std::uint64_t seed) {
  const folder at;
  const held all = some_store(at / "q", 200);
  const std::string whole = files_of(at / "q").at("");
  random_source chance(seed);
  found_broken cut, flipped, filled;
  for (std::uint64_t i = 0; i < files; ++i) {
    // Not to nothing, which is a new file.
    std::string bytes =
        whole.substr(0, i % 2 == 0 ? 1 + chance.below(whole.size()) : (1 + chance.below(whole.size() / 512)) * 512);
    put(at / "q", {{"", bytes}});
    look_through(at / "q", all, cut, "cut at " + std::to_string(bytes.size()));
    bytes = whole;
    for (std::size_t k = 1 + chance.below(3); k != 0; --k) {
      // The beginnings of pages are what matters most.
      const std::size_t where =
          chance.percent(50) ? chance.below(whole.size()) : chance.below(whole.size() / 4096) * 4096 + chance.below(120);
      bytes[where] = static_cast<char>(
          bytes[where] ^ (chance.percent(60) ? 1 << chance.below(8) : static_cast<int>(1 + chance.below(255))));
    }
    put(at / "q", {{"", bytes}});
    look_through(at / "q", all, flipped, "flipped, file " + std::to_string(i) + " of seed " + std::to_string(seed));
    bytes = whole;
    const std::size_t from = chance.below(whole.size() / 512) * 512,
                      size = (std::min)(whole.size() - from, 512 * (1 + chance.below(16)));
    for (std::size_t k = from; k < from + size; ++k)
      bytes[k] = chance.percent(50) ? '\0' : static_cast<char>(chance.next());
    put(at / "q", {{"", bytes}});
    look_through(at / "q", all, filled, "overwritten, file " + std::to_string(i) + " of seed " + std::to_string(seed));
  }
  const auto print = [](const char* name, const found_broken& sum) {
    const auto n = [](std::uint64_t number) { return static_cast<unsigned long long>(number); };
    std::printf(
        "%s: %llu files, %llu refused, %llu that stop; of the others %llu entries whole, %llu told, %llu not there; "
        "wrong=%llu\n",
        name, n(sum.files), n(sum.refused), n(sum.stopped), n(sum.whole), n(sum.told), n(sum.missing), n(sum.wrong));
    CHECK(sum.wrong == 0);
    CHECK(sum.missing == 0);
  };
  print("cut files", cut);
  print("files with other bytes", flipped);
  print("files with other sectors", filled);
}

}  // namespace

TEST_CASE("of a broken file comes nothing that was not put in") { break_files(80, 1); }
TEST_CASE("of many broken files comes nothing that was not put in", "[deep]") { break_files(400, 1); }
TEST_CASE("of a broken file comes nothing that was not put in, often", "[deep][long]") { break_files(20'000, 2); }

TEST_CASE("entries that cannot be read are told, and those behind them come") {
  const folder at;
  const held all = some_store(at / "q", 400);
  std::string bytes = files_of(at / "q").at("");
  // A leaf of the entries: its first byte is 13, and it holds a text of ours.
  std::size_t leaf = 0;
  for (std::size_t page = 10 * 4096; leaf == 0; page += 4096)
    if (bytes[page] == 13 && bytes.find("{\"n\":", page) < page + 4096) leaf = page;
  for (std::size_t i = 0; i < 4096; ++i) bytes[leaf + i] = static_cast<char>(i * 31);
  put(at / "q", {{"", bytes}});
  std::vector<std::uint64_t> unreadable;
  for (int time = 0; time < 2; ++time) {
    sqlite_store store = opened(at / "q");
    std::size_t whole = 0;
    std::uint64_t after = 0;
    std::vector<queue_entry> page;
    std::vector<dead_letter> letters;
    do {
      REQUIRE_FALSE(store.read(after, 10, 100'000, page));
      for (const queue_entry& each : page) {
        REQUIRE(each.number > after);
        after = each.number;
        if (each.json.empty()) letters.push_back({each, moment(1), errc::storage_failed, 0, "cannot be read"});
        whole += !each.json.empty();
      }
    } while (!page.empty());
    CHECK(whole + (time == 0 ? letters.size() : unreadable.size()) == all.waiting.size());
    if (time == 0) {
      CHECK(letters.size() > 3);
      CHECK(letters.size() < 40);
      for (const auto& each : letters) unreadable.push_back(each.entry.number);
      const error e = store.bury(letters);
      INFO(e.words());
      REQUIRE_FALSE(e);
    } else {
      CHECK(letters.empty());  // told once
    }
    CHECK(store.counts().dead == 4 + unreadable.size());
    CHECK_FALSE(append(store));
    const std::array one{store.counts().last_number};
    CHECK_FALSE(store.settle(one, timestamp()));
  }
}

TEST_CASE("counters that are broken are counted anew") {
  const folder at;
  const held all = some_store(at / "q", 100);
  for (const char* const text :
       {"UPDATE counters SET waiting = 7", "UPDATE counters SET last_number = 3", "DELETE FROM counters",
        "DELETE FROM settled", "UPDATE settled SET mark = 1", "UPDATE settled SET bits = zeroblob(64)"}) {
    run(at / "q", text);
    std::vector<dead_letter> letters;
    bool found = false;
    {
      sqlite_store store = opened(at / "q");
      CHECK(store.counts().waiting == all.counts().waiting);
      CHECK(store.counts().waiting_bytes == all.counts().waiting_bytes);
      // That they were is told.
      REQUIRE_FALSE(store.dead_letters(0, 9, letters));
      REQUIRE(letters.size() == all.counts().dead + 1);
      CHECK(letters.back().entry.number == store.counts().last_number);
      CHECK(says(letters.back().words,
                 "/q' was damaged, and counted anew: " + std::to_string(all.counts().waiting) + " entries wait and 4 are"));
      REQUIRE_FALSE(store.discard(letters.back().entry.number, found));
      REQUIRE_FALSE(append(store));
      const std::array one{store.counts().last_number};
      REQUIRE_FALSE(store.settle(one, timestamp()));
    }
    sqlite_store store = opened(at / "q");
    std::string problem;
    CHECK(found_in(store, problem).waiting == all.waiting);
    CHECK(problem == "");
    CHECK(store.counts().dead == all.counts().dead);
  }
}

TEST_CASE("a file of many entries opens as fast as an empty one") {
  const folder at;
  const auto fastest = [](const std::string& path) {
    auto best = std::chrono::nanoseconds::max();
    for (int i = 0; i < 15; ++i) {
      const auto begin = std::chrono::steady_clock::now();
      {
        sqlite_store store = opened(path);
      }
      best = (std::min)(best, std::chrono::nanoseconds(std::chrono::steady_clock::now() - begin));
    }
    return best;
  };
  {
    sqlite_store store = opened(at / "many", {.level = durability::none});
    for (int i = 0; i < 100; ++i) REQUIRE_FALSE(append(store, 1'000, 20));
  }
  const auto empty = fastest(at / "none"), full = fastest(at / "many");
  std::printf("opening and closing: empty %.3f ms, of 100,000 entries %.3f ms\n", static_cast<double>(empty.count()) / 1e6,
              static_cast<double>(full.count()) / 1e6);
  CHECK(full < 2 * empty + std::chrono::milliseconds(1));
}
