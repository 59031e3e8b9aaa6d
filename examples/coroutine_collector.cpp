// A collector as coroutines: many records under way at once, on one thread, and a read that waits for nobody else.
// SPDX-License-Identifier: MIT OR Apache-2.0
//
// coroutine_collector URL

#include <auditor/auditor.hpp>
#include <auditor/executor/io_loop.hpp>
#include <auditor/transport/curl_async.hpp>

#include <chrono>
#include <coroutine>
#include <exception>
#include <iostream>
#include <string>

namespace {

using client = auditor::curl_async_client<auditor::io_loop::executor>;

// The smallest task type that will do: it runs by itself and frees its own frame. Awaiting a call allocates nothing more.
struct task {
  struct promise_type {
    task get_return_object() noexcept { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() noexcept {}
    void unhandled_exception() noexcept { std::terminate(); }
  };
};

const auto start = std::chrono::sys_days{std::chrono::year{2024} / 1 / 1};

task show_all(client& auditor_client, auditor::io_loop& loop) {
  auto records = auditor_client.stream(auditor::query{}.with_start_time(auditor::gte(start)));
  for (auditor::record r; co_await records.next(r);)
    std::cout << r.record_id << ' ' << auditor::to_string(r.start_time) << '\n';
  const auto seen = records.finish();  // an end and an error look alike to the loop: here they do not
  std::cout << (seen ? std::string(to_string(seen->state)) : message(seen.error())) << '\n';
  loop.stop();
}

task push(client& auditor_client, auditor::io_loop& loop, int number, int& left) {
  const auto added = co_await auditor_client.add(
      auditor::record{"job-" + std::to_string(number), start + std::chrono::hours{number}}.with_meta("site_id", {"site1"}));
  if (!added) std::cout << message(added.error()) << '\n';
  if (--left == 0) show_all(auditor_client, loop);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  auditor::io_loop loop;
  auto built = auditor::async_client_builder().connection_string(argv[1]).build(loop.get_executor());
  if (!built) {
    std::cerr << message(built.error()) << '\n';
    return 1;
  }
  int left = 5;
  for (int i = 0; i < 5; ++i) push(*built, loop, i, left);
  loop.run();  // everything happens in here, on this thread
}
