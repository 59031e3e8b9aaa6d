// How fast a durable queue accepts and delivers, and what waiting entries cost, each beside what it is compared with.
// SPDX-License-Identifier: MIT OR Apache-2.0
//
//   queue FOLDER [--part=enqueue|drain|held] [--entries=N] [--drain=N] [--rounds=N] [--seconds=S]
//     FOLDER     on a disk; what is made there is removed
//     --part     that alone; the drain needs a server, in AUDITOR_URL
//     --entries  that wait, for the memory and the time to open the file
//     --drain    records that are delivered, by each way and in each round
//     --rounds   medians are of so many, 5 at least for the bars
//     --seconds  of each measurement of the enqueue rate
//   queue --waiting FILE   opens that queue, and prints how many entries wait and the resident memory in KiB
//
// What counts are the ratios, each the median of those within one round: what disturbs one side disturbs the other.

#include <auditor/auditor.hpp>
#include <auditor/json/record_decoder.hpp>
#include <auditor/json/record_encoder.hpp>
#include <auditor/queue/memory_store.hpp>
#include <auditor/queue/queued_client.hpp>
#include <auditor/queue/sqlite_queue.hpp>
#include <auditor/queue/sqlite_store.hpp>
#include <auditor/transport/curl.hpp>

#include "generated_records.hpp"

#include <sqlite3.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/vfs.h>
#endif

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace {

using auditor::durability;
using auditor::record_view;
using steady = std::chrono::steady_clock;

constexpr std::size_t distinct = 10'000;  // records; what is more has the content of one of them, and an id of its own

[[noreturn]] void fail(const std::string& words) {
  std::fprintf(stderr, "queue: %s\n", words.c_str());
  std::exit(1);
}
void check(const auditor::error& e) {
  if (e) fail(auditor::message(e));
}
template <class T>
T built(auditor::result<T> made) {
  if (!made) fail(auditor::message(made.error()));
  return *std::move(made);
}
double seconds_since(steady::time_point start) { return std::chrono::duration<double>(steady::now() - start).count(); }

// ---- What is queued ----

struct inputs {
  std::vector<auditor::record> records;
  std::vector<record_view> views;
  std::vector<std::string> texts;

  inputs() {
    const auto made = benchmarks::generate_records(distinct, benchmarks::order::as_written);
    for (const std::string_view text : made.records) {
      check(auditor::decode_record(text, records.emplace_back()));
      records.back().runtime.reset();  // the server's addition
    }
    for (const auditor::record& each : records) {
      views.emplace_back(each);
      check(auditor::encode_record(views.back(), texts.emplace_back()));
    }
  }
};

// One record behind the other, each with an id of its own.
class source {
 public:
  source(const inputs& from, std::string_view prefix) : from_(from), prefix_(prefix) {}
  record_view next() {
    record_view one = from_.views[count_ % distinct];
    const int size =
        std::snprintf(id_, sizeof id_, "%s-%010llu", prefix_.c_str(), static_cast<unsigned long long>(count_++));
    one.record_id = std::string_view(id_, static_cast<std::size_t>(size));
    return one;
  }

 private:
  const inputs& from_;
  std::string prefix_;
  std::size_t count_ = 0;
  char id_[64];
};

// ---- The table ----

double median(std::vector<double> of) {
  std::sort(of.begin(), of.end());
  return of.empty() ? 0 : (of[(of.size() - 1) / 2] + of[of.size() / 2]) / 2;
}
// Of what is measured, and of what it is compared with, one figure a round.
struct pair {
  std::vector<double> ours, theirs;

  double ratio() const {
    std::vector<double> all;
    for (std::size_t i = 0; i < ours.size(); ++i) all.push_back(ours[i] / theirs[i]);
    return median(all);
  }
};

// What has a bar says so in a line of its own: benchmarks/bars.py.
void print_bar(const char* name, double value, const std::string& ours, const std::string& beside, const pair& of) {
  const char* const form =
      median(of.ours) >= 100 ? "bar\t%s\t%.6g\t%s %.0f, %s %.0f\n" : "bar\t%s\t%.6g\t%s %.3g, %s %.3g\n";
  std::printf(form, name, value, ours.c_str(), median(of.ours), beside.c_str(), median(of.theirs));
}
void print_head(const char* unit) { std::printf("\n%-50s %12s  %-27s %12s  %6s\n", unit, "queue", "beside", "", "ratio"); }
void print_row(const std::string& what, const std::string& beside, const pair& of) {
  const bool many = median(of.ours) >= 100;
  std::printf(many ? "%-50s %12.0f  %-27s %12.0f  %6.2f\n" : "%-50s %12.3f  %-27s %12.3f  %6.2f\n", what.c_str(),
              median(of.ours), beside.c_str(), median(of.theirs), of.ratio());
  std::fflush(stdout);
}

// ---- Stores and queues ----

// Counts the commits of a store: how many entries share one.
template <class Store>
struct counted {
  Store store;
  std::uint64_t* commits;

  auditor::error append(std::span<const auditor::new_entry> entries) { return ++*commits, store.append(entries); }
  auditor::error read(std::uint64_t after, std::size_t most, std::size_t bytes, std::vector<auditor::queue_entry>& to) {
    return store.read(after, most, bytes, to);
  }
  auditor::error settle(std::span<const std::uint64_t> numbers, auditor::timestamp hold_until) {
    return store.settle(numbers, hold_until);
  }
  auditor::error bury(std::span<const auditor::dead_letter> letters) { return store.bury(letters); }
  auditor::error dead_letters(std::uint64_t after, std::size_t most, std::vector<auditor::dead_letter>& to) {
    return store.dead_letters(after, most, to);
  }
  auditor::error revive(std::uint64_t number, auditor::timestamp now, bool& found) {
    return store.revive(number, now, found);
  }
  auditor::error discard(std::uint64_t number, bool& found) { return store.discard(number, found); }
  auditor::store_counts counts() const noexcept { return store.counts(); }
  auditor::timestamp held_until() const noexcept { return store.held_until(); }
  durability level() const noexcept { return store.level(); }
};

auditor::client_builder builder_of(const std::string& url) {
  const auditor::options once{.retry = {.write_attempts = 1}};  // the queue repeats
  return auditor::client_builder().connection_string(url).call_settings(once);
}
auditor::curl_client client_of(const std::string& url) { return built(builder_of(url).build()); }
auditor::curl_client client_of_nobody() { return client_of("http://127.0.0.1:9"); }

auditor::queue_options without_limits() {
  auditor::queue_options all;
  all.max_entries = all.max_bytes = std::numeric_limits<std::uint64_t>::max() / 2;
  return all;
}
auditor::sqlite_store open_store(const std::string& file, durability level) {
  auditor::sqlite_store_options how;
  how.level = level;
  return built(auditor::sqlite_store::open(file, how));
}
void remove_store(const std::string& file) {
  for (const char* const end : {"", "-wal", "-shm", "-journal", "-spill", ".lock"}) std::filesystem::remove(file + end);
}

// ---- 1. Accepting ----

// Calls a per second, of threads that each call `once` until the time is over; `once` gives how many records it was.
double rate_of(std::size_t threads, double seconds, const std::function<std::function<std::size_t()>(std::size_t)>& make) {
  std::atomic<bool> stop{false}, begin{false};
  std::atomic<std::uint64_t> all{0};
  std::vector<std::jthread> running;
  for (std::size_t i = 0; i < threads; ++i)
    running.emplace_back([&, once = make(i)] {
      while (!begin) std::this_thread::yield();
      std::uint64_t mine = 0;
      while (!stop) mine += once();
      all += mine;
    });
  const auto start = steady::now();
  begin = true;
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
  stop = true;
  running.clear();
  return static_cast<double>(all) / seconds_since(start);
}

double encode_alone(const inputs& from, std::size_t threads, double seconds) {
  return rate_of(threads, seconds, [&](std::size_t i) {
    return [records = source(from, "e" + std::to_string(i)), json = std::string()]() mutable {
      json.clear();
      check(auditor::encode_record(records.next(), json));
      return std::size_t{1};
    };
  });
}

// What no queue can do without: check the record, encode it, read a clock.
double check_and_encode(const inputs& from, std::size_t threads, double seconds) {
  return rate_of(threads, seconds, [&](std::size_t i) {
    return [records = source(from, "c" + std::to_string(i)), json = std::string()]() mutable {
      json.clear();
      const record_view one = records.next();
      if (const auto valid = auditor::validate(one); !valid) check(valid.error());
      check(auditor::encode_record(one, json));
      static_cast<void>(std::chrono::system_clock::now());
      return std::size_t{1};
    };
  });
}

// With the pragmas of the queue's file, and a checkpoint at as many pages.
class plain_sqlite {
 public:
  plain_sqlite(const std::string& file, durability level) {
    run(sqlite3_open(file.c_str(), &db_));
    run("PRAGMA locking_mode = EXCLUSIVE; PRAGMA mmap_size = 0; PRAGMA cache_size = -3000; PRAGMA temp_store = MEMORY;"
        "PRAGMA cell_size_check = ON; PRAGMA secure_delete = FAST; PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON;"
        "PRAGMA page_size = 4096; PRAGMA auto_vacuum = INCREMENTAL;"
        "CREATE TABLE entries(number INTEGER PRIMARY KEY, json BLOB NOT NULL);");
    run(level == durability::power_loss      ? "PRAGMA synchronous = FULL"
        : level == durability::process_crash ? "PRAGMA synchronous = NORMAL"
                                             : "PRAGMA synchronous = OFF");
    run("PRAGMA journal_mode = WAL; PRAGMA journal_size_limit = 8388608; PRAGMA wal_autocheckpoint = 1000;");
    run(sqlite3_prepare_v3(db_, "BEGIN IMMEDIATE", -1, SQLITE_PREPARE_PERSISTENT, &begin_, nullptr));
    run(sqlite3_prepare_v3(db_, "COMMIT", -1, SQLITE_PREPARE_PERSISTENT, &commit_, nullptr));
    run(sqlite3_prepare_v3(db_, "INSERT INTO entries(number, json) VALUES(?1, ?2)", -1, SQLITE_PREPARE_PERSISTENT, &insert_,
                           nullptr));
  }
  plain_sqlite(const plain_sqlite&) = delete;
  plain_sqlite& operator=(const plain_sqlite&) = delete;
  ~plain_sqlite() {
    for (sqlite3_stmt* const each : {begin_, commit_, insert_}) sqlite3_finalize(each);
    sqlite3_close(db_);
  }
  void insert(const inputs& from, std::size_t rows) {
    step(begin_);
    for (std::size_t i = 0; i < rows; ++i) {
      const std::string& json = from.texts[static_cast<std::size_t>(number_) % distinct];
      sqlite3_bind_int64(insert_, 1, ++number_);
      sqlite3_bind_blob64(insert_, 2, json.data(), json.size(), SQLITE_STATIC);
      step(insert_);
    }
    step(commit_);
  }

 private:
  void run(int code) {
    if (code != SQLITE_OK) fail(std::string("SQLite: ") + (db_ != nullptr ? sqlite3_errmsg(db_) : sqlite3_errstr(code)));
  }
  void run(const char* text) { run(sqlite3_exec(db_, text, nullptr, nullptr, nullptr)); }
  void step(sqlite3_stmt* statement) {
    sqlite3_step(statement);
    run(sqlite3_reset(statement));
  }

  sqlite3* db_ = nullptr;
  sqlite3_stmt *begin_ = nullptr, *commit_ = nullptr, *insert_ = nullptr;
  std::int64_t number_ = 0;
};

// `rows`: of a transaction on average, some have one more than the others.
double sqlite_alone(const inputs& from, const std::string& file, durability level, double rows, double seconds) {
  double rate = 0;
  {
    plain_sqlite into(file, level);
    double owed = 0;
    rate = rate_of(1, seconds, [&](std::size_t) {
      return [&] {
        owed += rows;
        const std::size_t now = static_cast<std::size_t>(owed);
        owed -= static_cast<double>(now);
        into.insert(from, now);
        return now;
      };
    });
  }
  remove_store(file);
  return rate;
}

// Entries a second, and how many a commit had. `at_once`: 1 is `add`, more are a `bulk_insert` of so many.
template <class Store>
double queue_rate(const inputs& from, Store store, std::size_t producers, std::size_t at_once, double seconds,
                  double& rows) {
  std::uint64_t commits = 0;
  auditor::queued_client queue(client_of_nobody(), counted<Store>{std::move(store), &commits}, without_limits());
  const double rate = rate_of(producers, seconds, [&](std::size_t i) -> std::function<std::size_t()> {
    source records(from, "p" + std::to_string(i));
    if (at_once == 1)
      return [&queue, records]() mutable {
        if (const auto accepted = queue.add(records.next()); !accepted) check(accepted.error());
        return std::size_t{1};
      };
    return [&queue, views = std::span(from.views), at = std::size_t{0}, at_once]() mutable {
      const auto part = views.subspan(at, at_once);
      if (const auto accepted = queue.bulk_insert(part); !accepted) check(accepted.error());
      at = at + 2 * at_once <= views.size() ? at + at_once : 0;
      return at_once;
    };
  });
  rows = static_cast<double>(queue.metrics().accepted) / static_cast<double>((std::max)(commits, std::uint64_t{1}));
  queue.close(auditor::ticks(0));
  return rate;
}

void measure_enqueue(const inputs& from, const std::string& folder, int rounds, double seconds) {
  struct way {
    bool in_memory;
    durability level;
    std::size_t producers, at_once;
    pair of_sqlite{}, of_encode{}, of_bound{};
    std::vector<double> rows{};
  };
  std::vector<way> ways;
  for (const durability level : {durability::power_loss, durability::process_crash, durability::none})
    for (const std::size_t producers : {1u, 16u}) ways.push_back({false, level, producers, 1});
  ways.push_back({true, durability::none, 1, 1});
  ways.push_back({true, durability::none, 16, 1});
  ways.push_back({false, durability::power_loss, 1, 1000});
  ways.push_back({false, durability::none, 1, 1000});
  const std::string file = folder + "/enqueue";
  for (int round = 0; round < rounds; ++round)
    for (way& each : ways) {
      double rows = 1, ours = 0, theirs = 0;
      const auto run_queue = [&] {
        if (each.in_memory) {
          ours = queue_rate(from, auditor::memory_store(), each.producers, each.at_once, seconds, rows);
        } else {
          ours = queue_rate(from, open_store(file, each.level), each.producers, each.at_once, seconds, rows);
          remove_store(file);
        }
      };
      const auto run_sqlite = [&](double size) {
        if (!each.in_memory) theirs = sqlite_alone(from, file, each.level, (std::max)(size, 1.0), seconds);
      };
      // Each second round begins with SQLite, in transactions of the size that the round before had.
      if (round % 2 == 0) run_queue();
      run_sqlite(round % 2 == 0 ? rows : each.rows.back());
      if (round % 2 == 1) run_queue();
      each.rows.push_back(rows);
      if (!each.in_memory) each.of_sqlite.ours.push_back(ours), each.of_sqlite.theirs.push_back(theirs);
      each.of_encode.ours.push_back(ours);
      each.of_encode.theirs.push_back(encode_alone(from, each.producers, seconds / 4));
      if (each.level != durability::none) continue;
      each.of_bound.ours.push_back(ours);
      each.of_bound.theirs.push_back(check_and_encode(from, each.producers, seconds / 4));
    }
  print_head("accepted, entries/s");
  for (const way& each : ways) {
    char rows[32];
    std::snprintf(rows, sizeof rows, "%.1f a commit", median(each.rows));
    const std::string store = each.in_memory ? "memory" : std::string(to_string(each.level));
    const std::string what = store + ", " + std::to_string(each.producers) +
                             (each.at_once == 1 ? " producers" : " producer, bulks of 1000") + ", " + rows;
    if (!each.in_memory) {
      print_row(what, "SQLite alone", each.of_sqlite);
      if (each.producers == 16 && each.level == durability::power_loss)
        print_bar("power_loss", each.of_sqlite.ratio(), "entries/s", "SQLite alone", each.of_sqlite);
    }
    if (each.level == durability::none) {
      print_row(what, "encode_record, " + std::to_string(each.producers) + " threads", each.of_encode);
      print_row(what, "and check, and clock", each.of_bound);
      const char* const bar = each.at_once != 1 ? "none-bulks" : each.producers != 1 ? "none-16" : "none-1";
      if (!each.in_memory) print_bar(bar, each.of_encode.ratio(), "entries/s", "encode_record alone", each.of_encode);
    }
  }
}

// ---- 2. Delivering ----

void fill(const inputs& from, auditor::sqlite_store& store, std::string_view prefix, std::uint64_t count) {
  source records(from, prefix);
  std::vector<std::string> texts(10'000);
  std::vector<auditor::new_entry> entries;
  for (std::uint64_t done = 0; done < count; done += entries.size()) {
    entries.clear();
    for (std::size_t i = 0; i < texts.size() && done + i < count; ++i) {
      texts[i].clear();
      check(auditor::encode_record(records.next(), texts[i]));
      entries.push_back({auditor::entry_kind::add, auditor::detail::wall_clock(), texts[i]});
    }
    check(store.append(entries));
  }
}

double drain_queue(const inputs& from, const std::string& file, const std::string& url, const std::string& prefix,
                   std::size_t count) {
  {
    auditor::sqlite_store store = open_store(file, durability::power_loss);
    fill(from, store, prefix, count);
  }
  double taken = 0;
  {
    const auto start = steady::now();  // it delivers as soon as it is there
    auto queue = built(builder_of(url).build_queued(file, without_limits()));
    const bool all = queue.flush(std::chrono::minutes(30));
    taken = seconds_since(start);
    const auditor::queue_metrics numbers = queue.metrics();
    if (!all || numbers.delivered != count || numbers.dead != 0 || numbers.waiting != 0)
      fail("not all was delivered: " + auditor::message(numbers.last));
  }
  remove_store(file);
  return static_cast<double>(count) / taken;
}
double drain_plain(const inputs& from, const std::string& url, const std::string& prefix, std::size_t count) {
  source records(from, prefix);
  std::vector<std::string> ids;
  std::vector<record_view> views;
  ids.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    views.push_back(records.next());
    views.back().record_id = ids.emplace_back(views.back().record_id);
  }
  std::vector<auditor::record_outcome> outcomes(count);
  auto client = client_of(url);
  if (const auto well = client.health_check(); !well) fail(auditor::message(well.error()));
  const auto start = steady::now();
  const auto sum = client.bulk_insert(views, outcomes, {.duplicates = auditor::on_duplicate::update});
  const double taken = seconds_since(start);
  if (!sum || sum.delivered() != count) fail("not all was stored: " + auditor::message(sum.error()));
  return static_cast<double>(count) / taken;
}
void measure_drain(const inputs& from, const std::string& folder, const std::string& url, int rounds, std::size_t count) {
  pair rates;
  // The table grows meanwhile, and nobody shall have the better half of it.
  const std::string run = std::to_string(getpid());
  for (int round = 0; round < rounds; ++round) {
    const std::string name = run + "-" + std::to_string(round);
    if (round % 2 == 1) rates.theirs.push_back(drain_plain(from, url, "plain-" + name, count));
    rates.ours.push_back(drain_queue(from, folder + "/drain", url, "queue-" + name, count));
    if (round % 2 == 0) rates.theirs.push_back(drain_plain(from, url, "plain-" + name, count));
  }
  print_head("delivered, entries/s");
  print_row(std::to_string(count) + " waiting in a file", "client.bulk_insert", rates);
  print_bar(std::getenv("AUDITOR_LIVE_DIR") == nullptr ? "drain-sandbox" : "drain-server", rates.ratio(), "entries/s",
            "bulk_insert", rates);
}

// ---- 3. Waiting ----

std::uint64_t status_of_process(std::string_view name) {
  std::ifstream file("/proc/self/status");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with(name)) return std::strtoull(line.c_str() + name.size() + 1, nullptr, 10);
  return 0;
}
// The other process, so that nothing of this one counts.
int wait_with(const char* file) {
  auditor::queued_client queue(client_of_nobody(), open_store(file, durability::power_loss), without_limits());
  std::this_thread::sleep_for(std::chrono::seconds(2));  // the window is read, and was sent once at least
  std::printf("%llu %llu %llu\n", static_cast<unsigned long long>(queue.metrics().waiting),
              static_cast<unsigned long long>(status_of_process("VmRSS")),
              static_cast<unsigned long long>(status_of_process("VmHWM")));
  std::fflush(stdout);
  queue.close(auditor::ticks(0));
  return 0;
}
struct resident {
  unsigned long long waiting = 0, now = 0, peak = 0;
};
resident memory_of(const std::string& file) {
  const std::string program = std::filesystem::read_symlink("/proc/self/exe");
  std::FILE* const answer = popen(("'" + program + "' --waiting '" + file + "'").c_str(), "r");
  resident found;
  if (answer == nullptr || std::fscanf(answer, "%llu %llu %llu", &found.waiting, &found.now, &found.peak) != 3)
    fail("the other process says nothing");
  if (pclose(answer) != 0) fail("the other process failed");
  return found;
}
double time_to_open(const std::string& file) {
  const auto start = steady::now();
  const auditor::sqlite_store store = open_store(file, durability::power_loss);
  return seconds_since(start) * 1e3;
}
void measure_held(const inputs& from, const std::string& folder, std::uint64_t entries, int rounds) {
  const std::string empty = folder + "/empty", full = folder + "/full";
  {
    open_store(empty, durability::power_loss);
  }
  const auto start = steady::now();
  {
    auditor::sqlite_store store = open_store(full, durability::none);
    fill(from, store, "held", entries);
  }
  sync();  // nothing of it is still being written while the rest is measured
  std::uintmax_t bytes = 0;
  for (const std::string& each : {full, full + "-spill"})
    if (std::filesystem::exists(each)) bytes += std::filesystem::file_size(each);
  std::printf("\n%llu entries put into files of %.2f GB in %.0f s\n", static_cast<unsigned long long>(entries),
              static_cast<double>(bytes) / 1e9, seconds_since(start));
  pair memory, peak, open;
  for (int round = 0; round < rounds; ++round) {
    resident with, without;
    for (const bool first : {round % 2 == 0, round % 2 != 0}) (first ? with : without) = memory_of(first ? full : empty);
    if (with.waiting != entries) fail("not all wait");
    memory.ours.push_back(static_cast<double>(with.now) / 1024);
    memory.theirs.push_back(static_cast<double>(without.now) / 1024);
    peak.ours.push_back(static_cast<double>(with.peak) / 1024);
    peak.theirs.push_back(static_cast<double>(without.peak) / 1024);
  }
  for (int round = 0; round < rounds * 5; ++round)
    for (const bool first : {round % 2 == 0, round % 2 != 0})
      (first ? open.ours : open.theirs).push_back(time_to_open(first ? full : empty));
  const std::string waiting = std::to_string(entries) + " waiting";
  print_head("MB resident, and ms");
  print_row("memory, " + waiting, "empty queue", memory);
  print_row("memory at its peak, " + waiting, "empty queue", peak);
  print_row("time to open the file, " + waiting, "empty file", open);
  print_bar("held-memory", median(memory.ours) - median(memory.theirs), waiting + ", MB", "empty", memory);
  print_bar("held-open", open.ratio(), waiting + ", ms", "empty", open);
}

void refuse_memory(const std::string& folder) {
#ifdef __linux__
  struct statfs what{};
  if (statfs(folder.c_str(), &what) != 0) fail(folder + " is not there");
  if (static_cast<std::uint32_t>(what.f_type) == 0x0102'1994u) fail(folder + " is in memory (tmpfs): take one on a disk");
#else
  if (!std::filesystem::is_directory(folder)) fail(folder + " is not there");
#endif
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 3 && std::string_view(argv[1]) == "--waiting") return wait_with(argv[2]);
  std::string folder, part;
  std::uint64_t entries = 1'000'000;
  std::size_t drain = 50'000;
  int rounds = 5;
  double seconds = 0.5;
  for (int i = 1; i < argc; ++i) {
    const std::string_view each = argv[i];
    const char* const value = argv[i] + (std::min)(each.find('='), each.size() - 1) + 1;
    if (each.starts_with("--part="))
      part = value;
    else if (each.starts_with("--entries="))
      entries = std::strtoull(value, nullptr, 10);
    else if (each.starts_with("--drain="))
      drain = std::strtoull(value, nullptr, 10);
    else if (each.starts_with("--rounds="))
      rounds = std::atoi(value);
    else if (each.starts_with("--seconds="))
      seconds = std::atof(value);
    else if (!each.starts_with("-") && folder.empty())
      folder = each;
    else
      folder.clear(), i = argc;
  }
  const bool is_part = part.empty() || part == "enqueue" || part == "drain" || part == "held";
  if (folder.empty() || !is_part || entries == 0 || drain == 0 || rounds < 1 || !(seconds > 0)) {
    std::fprintf(stderr,
                 "usage: queue FOLDER [--part=enqueue|drain|held] [--entries=N] [--drain=N] [--rounds=N] [--seconds=S]\n");
    return 2;
  }
  refuse_memory(folder);
  folder += "/auditor-bench-XXXXXX";
  if (mkdtemp(folder.data()) == nullptr) fail(folder + " cannot be made");
  static std::string made;  // removed however this ends
  made = folder;
  std::atexit([] {
    std::error_code ignored;
    std::filesystem::remove_all(made, ignored);
  });

  const inputs from;
  const auto is_wanted = [&part](std::string_view name) { return part.empty() || part == name; };
  if (is_wanted("enqueue")) measure_enqueue(from, folder, rounds, seconds);
  const char* const url = std::getenv("AUDITOR_URL");
  if (is_wanted("drain") && url != nullptr)
    measure_drain(from, folder, url, rounds, drain);
  else if (is_wanted("drain"))
    std::printf("\nno server in AUDITOR_URL: nothing is delivered\n");
  if (is_wanted("held")) measure_held(from, folder, entries, rounds);
  return 0;
}
