// What the tests share that kill the database and the server, and look into the table afterwards.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "real_server.hpp"

#include <csignal>
#include <cstddef>
#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <thread>

namespace live {

// AUDITOR_CHAOS_SEED repeats a run, as far as the clock allows; each run prints its own.
inline std::uint32_t new_seed() {
  const std::string wanted = environment("AUDITOR_CHAOS_SEED");
  return wanted.empty() ? std::random_device()() : static_cast<std::uint32_t>(std::stoul(wanted));
}

inline void kill_database() { signal_database(SIGKILL); }

// Memory of the dead one may still be in use for a moment.
inline bool start_database() {
  for (int i = 0; i < 50; ++i) {
    if (run_program("pg-start")) return true;
    std::this_thread::sleep_for(100ms);
  }
  return false;
}

inline bool restart_server() { return run_program("server-kill") && run_program("server-start"); }

// Everything runs again when a test ends, and its records are gone, whatever became of it.
class aftermath {
 public:
  explicit aftermath(const records& mine) : mine_(mine) {}
  aftermath(const aftermath&) = delete;
  aftermath& operator=(const aftermath&) = delete;
  ~aftermath() {
    if (!run_program("psql --command='select 1'")) start_database();
    if (!connect().health_check()) restart_server();
    run_program("psql --command=\"delete from auditor_accounting where record_id like '" + mine_.name() + "-%'\"");
  }

 private:
  const records& mine_;
};

// id() gives six digits; back to the number.
inline std::size_t number_of(std::string_view id) {
  std::size_t number = 0;
  for (const char c : id.substr(id.rfind('-') + 1)) number = number * 10 + static_cast<std::size_t>(c - '0');
  return number;
}

inline auditor::record owned(const records& mine, std::size_t number, std::int64_t owner) {
  return auditor::record{mine.id(number), noon + std::chrono::seconds(number)}
      .with_component(auditor::component{"owner", owner}.with_score("HEPSPEC", 9.25))
      .with_meta("test", mine.name())
      .with_meta("site", "site1");
}

// Kills something while somebody reads, and starts it again one second later.
class assassin {
 public:
  ~assassin() { wait(); }
  void kill_database_and_restart() {
    wait();
    kill_database();
    ++kills_;
    restart_ = std::thread([] { std::this_thread::sleep_for(1s), start_database(); });
  }
  void kill_server_and_restart() {
    wait();
    run_program("server-kill");
    ++kills_;
    restart_ = std::thread([] { std::this_thread::sleep_for(500ms), run_program("server-start"); });
  }
  void wait() {
    if (restart_.joinable()) restart_.join();
  }
  int kills() const { return kills_; }

 private:
  std::thread restart_;
  int kills_ = 0;
};

// What the table holds of a record: whose it is, and whether it has a stop time.
struct row {
  std::int64_t owner = 0;
  bool closed = false;
};

struct table {
  std::map<std::size_t, row> rows;
  std::size_t doubled = 0;

  static table of(const records& mine) {
    table all;
    for (const std::string& line :
         ask_database("select record_id, components->0->>'amount', stop_time is not null from auditor_accounting "
                      "where record_id like '" +
                      mine.name() + "-%'")) {
      const std::size_t first = line.find('\t'), second = line.rfind('\t');
      const row found{std::stoll(line.substr(first + 1, second - first - 1)), line.substr(second + 1) == "t"};
      if (!all.rows.emplace(number_of(line.substr(0, first)), found).second) ++all.doubled;
    }
    return all;
  }
  std::int64_t owner(std::size_t number) const {
    const auto found = rows.find(number);
    return found == rows.end() ? 0 : found->second.owner;
  }
};

}  // namespace live
