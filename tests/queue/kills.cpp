// A collector with a durable queue is killed again and again while it accepts and delivers. In the end its last life delivers what is left,
// and the server's table is compared with what was accepted.
// SPDX-License-Identifier: MIT OR Apache-2.0
//
// auditor_queue_kills [KILLS] [SEED]
// Exit code 1: a record was lost, stored twice or stored wrongly.

#include "../fault/random_source.hpp"

#include <auditor/auditor.hpp>
#include <auditor/queue/sqlite_queue.hpp>
#include <auditor/sandbox/http_server.hpp>
#include <auditor/transport/curl.hpp>

#include <array>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <map>
#include <spawn.h>
#include <string>
#include <string_view>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

extern char** environ;

namespace {

using namespace std::chrono_literals;

const auto noon = std::chrono::sys_days{std::chrono::year{2024} / 1 / 1} + 12h;

// ---- what is accepted --------------------------------------------------------------------------------------------------

constexpr int producers = 3;

std::string id_of(int life, int producer, int number) {
  return "kill-" + std::to_string(life) + "-" + std::to_string(producer) + "-" + std::to_string(number);
}

// Every third one is known from start to end; the others get their stop time by an update.
bool is_whole(int number) { return number % 3 == 0; }

auditor::record record_of(int life, int producer, int number) {
  auditor::record r{id_of(life, producer, number), noon + std::chrono::seconds(life)};
  r.with_component(auditor::component{"CPU", producer + 1}.with_score("HEPSPEC06", 9.2));
  r.with_meta("job", std::to_string(number));
  if (is_whole(number)) r.with_stop_time(noon + std::chrono::seconds(life + number));
  return r;
}

auditor::record stopped(int life, int producer, int number) {
  return record_of(life, producer, number).with_stop_time(noon + std::chrono::seconds(life + number));
}

// ---- one life of the collector -----------------------------------------------------------------------------------------

auditor::result<auditor::sqlite_queue> open_queue(const std::string& url, const std::string& file,
                                                  auditor::durability level) {
  auditor::queue_options settings;
  settings.first_wait = 5ms;
  settings.longest_wait = 40ms;
  settings.probe = 40ms;
  return auditor::client_builder().connection_string(url).build_queued(file, settings, {.level = level});
}

int complain(const char* what, const auditor::error& e) {
  std::fprintf(stderr, "%s: %s\n", what, std::string(auditor::message(e)).c_str());
  return 2;
}

// Accepts, and notes behind each acceptance that it was one, until it is killed.
int live(const std::string& url, const std::string& file, const std::string& notes, int life, auditor::durability level) {
  auto queue = open_queue(url, file, level);
  if (!queue) return complain("the queue does not open", queue.error());
  const int to = ::open(notes.c_str(), O_WRONLY | O_APPEND);
  const auto note = [to](char what, const std::string& id) {
    const std::string line = what + id + '\n';
    return ::write(to, line.data(), line.size()) == static_cast<ssize_t>(line.size());
  };
  std::vector<std::thread> all;
  for (int producer = 0; producer < producers; ++producer)
    all.emplace_back([&, producer] {
      for (int number = 0; number < 60; ++number) {
        const std::string id = id_of(life, producer, number);
        const auto added = queue->add(record_of(life, producer, number));
        if (!added) std::exit(complain("an add", added.error()));
        if (!note('a', id)) std::abort();
        if (is_whole(number)) continue;
        if (number % 3 == 2) std::this_thread::sleep_for(300us);
        const auto updated = queue->update(stopped(life, producer, number));
        if (!updated) std::exit(complain("an update", updated.error()));
        if (!note('u', id)) std::abort();
      }
    });
  for (std::thread& each : all) each.join();
  for (;;) ::pause();
}

// The last life: nobody kills it.
int drain(const std::string& url, const std::string& file) {
  auto queue = open_queue(url, file, auditor::durability::power_loss);
  if (!queue) return complain("the queue does not open", queue.error());
  queue->flush(120s);
  const auditor::queue_rest rest = queue->close(1s);
  if (rest.waiting == 0 && rest.dead == 0) return 0;
  std::fprintf(stderr, "%llu wait, %llu are dead letters\n", static_cast<unsigned long long>(rest.waiting),
               static_cast<unsigned long long>(rest.dead));
  return complain("last", rest.why);
}

// ---- the killer --------------------------------------------------------------------------------------------------------

pid_t start(std::vector<std::string> words) {
  std::vector<char*> list;
  for (std::string& each : words) list.push_back(each.data());
  list.push_back(nullptr);
  pid_t process = -1;
  if (posix_spawn(&process, list[0], nullptr, nullptr, list.data(), environ) != 0) std::abort();
  return process;
}

int end_of(pid_t process) {
  int status = 0;
  while (waitpid(process, &status, 0) < 0) continue;
  return status;
}

void change_weather(auditor::sandbox& server, fault::random_source& random) {
  server.database_down(random.percent(10));
  if (random.percent(30)) server.commit_then_lose(1 + static_cast<int>(random.below(3)));
  if (random.percent(20)) server.lose_requests(1);
  if (random.percent(10)) server.refuse_connections(2);
  if (random.percent(10)) server.answer_next(500, "UNEXPECTED_ERROR");
}

// Until this life has accepted something, or is over. `before`: the size of the notes as it began.
void wait_for_note(const std::string& notes, std::uintmax_t before, pid_t process) {
  for (siginfo_t over{}; std::filesystem::file_size(notes) == before && over.si_pid == 0;
       std::this_thread::sleep_for(100us))
    if (waitid(P_PID, static_cast<id_t>(process), &over, WEXITED | WNOHANG | WNOWAIT) != 0) std::abort();
}

struct accepted {
  bool added = false, updated = false;
};

// What the notes say, and whether the table says the same.
struct verdict {
  std::size_t adds = 0, updates = 0, unnoted = 0, lost = 0, doubled = 0, wrong = 0;

  bool is_good() const { return lost + doubled + wrong == 0 && adds != 0 && updates != 0; }
};

verdict judge(const auditor::sandbox& server, const std::string& notes) {
  std::map<std::string, accepted, std::less<>> all;
  verdict sum;
  std::ifstream lines(notes);
  for (std::string line; std::getline(lines, line);) {
    accepted& of = all[line.substr(1)];
    (line[0] == 'a' ? of.added : of.updated) = true;
    ++(line[0] == 'a' ? sum.adds : sum.updates);
  }
  std::map<std::string, int, std::less<>> inserts;
  for (const auditor::sandbox_change& change : server.log())
    if (change.kind == auditor::sandbox_change::what::insert && ++inserts[change.record_id] == 2) ++sum.doubled;

  for (const auditor::record& stored : server.records()) {
    int life = 0, producer = 0, number = 0;
    if (std::sscanf(stored.record_id.c_str(), "kill-%d-%d-%d", &life, &producer, &number) != 3) std::abort();
    const auto noted = all.find(stored.record_id);
    // What was killed between its commit and its note is there or not, as the caller must expect.
    const bool has_note = noted != all.end();
    sum.unnoted += !has_note;
    const bool is_stopped = has_note && noted->second.updated;
    const auditor::record open = record_of(life, producer, number), closed = stopped(life, producer, number);
    const auto equals = [&](const auditor::record& ours) {
      return auditor::compare_records(ours, stored).match == auditor::record_match::equal;
    };
    if (!equals(closed) && (is_stopped || !equals(open))) {
      ++sum.wrong;
      std::printf("wrong: %s\n", stored.record_id.c_str());
    }
    if (has_note) all.erase(noted);
  }
  for (const auto& [id, what] : all) {
    ++sum.lost;
    std::printf("lost: %s\n", id.c_str());
  }
  return sum;
}

int run(const std::string& self, int kills, std::uint64_t seed) {
  const auto folder = std::filesystem::temp_directory_path() / ("auditor-kills-" + std::to_string(::getpid()));
  std::filesystem::create_directory(folder);
  const std::string file = folder / "queue", notes = folder / "notes";
  std::ofstream(notes).flush();

  auditor::sandbox server;
  int code = 0;
  {
    auditor::sandbox_server http(server);
    fault::random_source random(seed);
    int killed = 0;
    for (int life = 0; killed < kills && code == 0; ++life) {
      change_weather(server, random);
      const char* const level = random.percent(30) ? "power_loss" : "process_crash";
      const auto before = std::filesystem::file_size(notes);
      const pid_t process = start({self, "life", http.url(), file, notes, std::to_string(life), level});
      // Most of them young: while the file is opened, while the first are accepted, while they are delivered.
      if (random.percent(70)) wait_for_note(notes, before, process);
      std::this_thread::sleep_for(std::chrono::microseconds(random.below(random.percent(10) ? 60'000 : 12'000)));
      ::kill(process, SIGKILL);
      const int status = end_of(process);
      if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) {
        ++killed;
      } else {
        std::printf("life %d ended by itself: %d\n", life, status);
        code = 1;
      }
    }
    server.database_down(false);
    if (code == 0 && end_of(start({self, "drain", http.url(), file})) != 0) code = 1;
  }
  const verdict found = judge(server, notes);
  std::printf("kills=%d seed=%llu accepted=%zu+%zu unnoted=%zu lost=%zu doubled=%zu wrong=%zu\n", kills,
              static_cast<unsigned long long>(seed), found.adds, found.updates, found.unnoted, found.lost, found.doubled,
              found.wrong);
  if (code == 0 && found.is_good())
    std::filesystem::remove_all(folder);
  else
    std::printf("kept: %s\n", folder.c_str());
  return code != 0 || !found.is_good() ? 1 : 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv, argv + argc);
  if (argc == 7 && words[1] == "life")
    return live(words[2], words[3], words[4], std::stoi(words[5]),
                words[6] == "power_loss" ? auditor::durability::power_loss : auditor::durability::process_crash);
  if (argc == 4 && words[1] == "drain") return drain(words[2], words[3]);
  return run(std::filesystem::read_symlink("/proc/self/exe"), argc > 1 ? std::stoi(words[1]) : 2'000,
             argc > 2 ? std::stoull(words[2]) : 1);
}
