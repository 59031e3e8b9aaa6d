// How fast single records are stored, and what each costs the client: one way of doing it, for tools/bench-live.
// SPDX-License-Identifier: MIT OR Apache-2.0
//
//   adds URL blocking|callbacks|coroutines|sharing IN_FLIGHT COUNT PREFIX   stores COUNT records, called PREFIX-00000000 and so on;
//                                                                   prints COUNT, the seconds and the seconds of CPU
//   adds URL bulks IN_FLIGHT COUNT PREFIX   the same by one bulk_insert, with so many requests at once
//   adds URL bulk_by_bulk 1 COUNT PREFIX    the same by one bulk_insert for each 500, which are made for it, as the peers do
//   adds URL list   prints how many records there are of each PREFIX; fails if one is not as it was sent
//
// pyauditor_client.py, rust_client/ and wrk_adds.lua send the same record.

#include <auditor/auditor.hpp>
#include <auditor/executor/io_loop.hpp>
#include <auditor/transport/curl.hpp>
#include <auditor/transport/curl_async.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <coroutine>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <functional>
#include <iterator>
#include <map>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace {

using loop_client = auditor::curl_async_client<auditor::io_loop::executor>;

auditor::record record_called(std::string id) {
  const auto start = std::chrono::sys_days{std::chrono::year{2024} / 1 / 1};
  return auditor::record{std::move(id), start}
      .with_meta("site_id", "site-1.example.org")
      .with_meta("user_id",
                 "%2FDC=org%2FDC=example%2FOU=Organic Units%2FOU=Users%2FCN=atlas-pilot-0001%2FCN=Robot: production")
      .with_component(auditor::component{"Cores", 8}.with_score("HEPSPEC06", 9.2))
      .with_component(auditor::component{"Memory", 16'000}.with_score("MemoryFactor", 1.5))
      .with_stop_time(start + std::chrono::hours{3});
}

// What one run stores: the next record that nobody has taken yet, and how it went.
class work {
 public:
  work(std::string prefix, std::size_t count) : prefix_(std::move(prefix)), count_(count) {}

  bool take(std::string& id) {
    const std::size_t mine = next_++;
    if (mine >= count_) return false;
    char number[24];
    std::snprintf(number, sizeof number, "-%08zu", mine);
    id.assign(prefix_).append(number);
    return true;
  }
  void report(const auditor::result<auditor::receipt>& added) {
    if (added)
      ++stored_;
    else
      std::fprintf(stderr, "%s\n", message(added.error()).c_str());
  }
  std::size_t count() const { return count_; }
  std::size_t stored() const { return stored_; }

 private:
  std::string prefix_;
  std::size_t count_;
  std::atomic<std::size_t> next_{0}, stored_{0};
};

template <class Client>
Client built(auditor::result<Client> made) {
  if (made) return *std::move(made);
  std::fprintf(stderr, "%s\n", message(made.error()).c_str());
  std::exit(1);
}

void measure(const work& todo, const std::function<void()>& run) {
  const std::clock_t cpu = std::clock();  // of the whole process, its threads and system calls included
  const auto start = std::chrono::steady_clock::now();
  run();
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - start;
  std::printf("%zu %.6f %.6f\n", todo.count(), wall.count(), static_cast<double>(std::clock() - cpu) / CLOCKS_PER_SEC);
}

// --- the ways ---

void one_by_one(auditor::curl_client& client, work& todo) {
  for (std::string id; todo.take(id);) todo.report(client.add(record_called(id)));
}

void run_blocking(const char* url, std::size_t threads, work& todo) {
  std::vector<auditor::curl_client> clients;
  for (std::size_t i = 0; i < threads; ++i)
    clients.push_back(built(auditor::client_builder().connection_string(url).build()));
  measure(todo, [&] {
    std::vector<std::jthread> others;
    for (std::size_t i = 1; i < threads; ++i) others.emplace_back([&, i] { one_by_one(clients[i], todo); });
    one_by_one(clients[0], todo);
  });
}

// As many at once as it was started: each answer sends the next.
class chain {
 public:
  chain(loop_client& client, work& todo, auditor::io_loop& loop, std::size_t& running)
      : client_(client), todo_(todo), loop_(loop), running_(running) {}
  void next() const {
    std::string id;
    if (!todo_.take(id)) {
      if (--running_ == 0) loop_.stop();
      return;
    }
    client_.add(record_called(std::move(id)), {}, [*this](const auditor::result<auditor::receipt>& added) {
      todo_.report(added);
      next();
    });
  }

 private:
  loop_client& client_;
  work& todo_;
  auditor::io_loop& loop_;
  std::size_t& running_;
};

struct task {
  struct promise_type {
    task get_return_object() noexcept { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() noexcept {}
    void unhandled_exception() noexcept { std::terminate(); }
  };
};

task work_off(loop_client& client, work& todo, auditor::io_loop& loop, std::size_t& running) {
  for (std::string id; todo.take(id);) todo.report(co_await client.add(record_called(id)));
  if (--running == 0) loop.stop();
}

void run_on_loop(const char* url, bool coroutines, bool sharing, std::size_t in_flight, work& todo) {
  auditor::io_loop loop;
  auditor::options settings;
  settings.share_requests = sharing;
  loop_client client =
      built(auditor::async_client_builder().connection_string(url).call_settings(settings).build(loop.get_executor()));
  measure(todo, [&] {
    std::size_t running = in_flight;
    for (std::size_t i = 0; i < in_flight; ++i) {
      if (coroutines)
        work_off(client, todo, loop, running);
      else
        chain(client, todo, loop, running).next();
    }
    loop.run();
  });
}

void report_all(work& todo, const auditor::bulk_report& report) {
  for (const auto& each : report) {
    if (each.code == auditor::errc::ok)
      todo.report(auditor::receipt{});
    else
      todo.report(auditor::error(each.code));
  }
}

void run_bulks(const char* url, std::size_t in_flight, work& todo) {
  auditor::io_loop loop;
  loop_client client = built(auditor::async_client_builder().connection_string(url).build(loop.get_executor()));
  measure(todo, [&] {
    std::vector<auditor::record> all;  // made here: to make one is where others check it
    for (std::string id; todo.take(id);) all.push_back(record_called(id));
    client.bulk_insert(all, {.in_flight = in_flight}, [&](const auditor::bulk_report& report) {
      report_all(todo, report);
      loop.stop();
    });
    loop.run();
  });
}

void run_bulk_by_bulk(const char* url, work& todo) {
  constexpr std::size_t in_a_bulk = 500;
  auto client = built(auditor::client_builder().connection_string(url).build());
  measure(todo, [&] {
    for (std::size_t left = todo.count(); left != 0; left -= (std::min)(left, in_a_bulk)) {
      std::vector<auditor::record> bulk;
      bulk.reserve(in_a_bulk);
      for (std::string id; bulk.size() < in_a_bulk && todo.take(id);) bulk.push_back(record_called(id));
      const auto report = client.bulk_insert(bulk);
      report_all(todo, report);
    }
  });
}

int list(const char* url) {
  auditor::curl_client client = built(auditor::client_builder().connection_string(url).build());
  std::map<std::string, std::size_t, std::less<>> found;
  std::size_t different = 0;
  auditor::record expected = record_called("");
  expected.runtime = 3 * 3600;  // the server's addition
  const auto seen = client.for_each(auditor::query{}, [&](const auditor::record_view& r) {
    expected.record_id.assign(r.record_id);
    if (to_record(r) != expected) ++different;
    ++found[std::string(r.record_id.substr(0, r.record_id.rfind('-')))];
  });
  if (!seen) std::fprintf(stderr, "%s\n", message(seen.error()).c_str());
  for (const auto& [prefix, count] : found) std::printf("%s %zu\n", prefix.c_str(), count);
  if (different != 0) std::fprintf(stderr, "%zu records are not as they were sent\n", different);
  return seen && different == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view way = argc > 2 ? argv[2] : "";
  if (argc == 3 && way == "list") return list(argv[1]);
  constexpr std::string_view ways[] = {"blocking", "callbacks", "coroutines", "sharing", "bulks", "bulk_by_bulk"};
  if (argc != 6 || std::find(std::begin(ways), std::end(ways), way) == std::end(ways)) {
    std::fprintf(stderr,
                 "usage: adds URL blocking|callbacks|coroutines|sharing|bulks|bulk_by_bulk IN_FLIGHT COUNT PREFIX\n"
                 "       adds URL list\n");
    return 2;
  }
  const std::size_t in_flight = std::strtoull(argv[3], nullptr, 10);
  work todo(argv[5], std::strtoull(argv[4], nullptr, 10));
  if (way == "blocking")
    run_blocking(argv[1], in_flight, todo);
  else if (way == "bulks")
    run_bulks(argv[1], in_flight, todo);
  else if (way == "bulk_by_bulk")
    run_bulk_by_bulk(argv[1], todo);
  else
    run_on_loop(argv[1], way == "coroutines", way == "sharing", in_flight, todo);
  return todo.stored() == todo.count() ? 0 : 1;
}
