// Futures: the calls of an asynchronous client for programs that have threads, and no loop.
// SPDX-License-Identifier: MIT OR Apache-2.0
//
// futures URL

#include <auditor/auditor.hpp>
#include <auditor/ext/future.hpp>
#include <auditor/transport/curl_async.hpp>

#include <chrono>
#include <future>
#include <iostream>
#include <string>
#include <vector>

int main(int argc, char** argv) {
  using namespace std::chrono_literals;
  if (argc != 2) return 2;

  auditor::io_thread thread;  // outlives the client
  auto client = auditor::async_client_builder()
                    .connection_string(argv[1])
                    .call_settings({.share_requests = true})  // adds that are under way at once go together
                    .build(thread.get_executor());
  if (!client) {
    std::cerr << client.error() << '\n';
    return 1;
  }

  const auto start = std::chrono::sys_days{std::chrono::year{2024} / 1 / 1};
  std::vector<std::future<auditor::result<auditor::receipt>>> answers;
  for (int i = 0; i < 5; ++i)  // all five are under way at once
    answers.push_back(client->add(auditor::record{"job-" + std::to_string(i), start}, {}, auditor::use_future));
  for (auto& each : answers)
    if (const auto added = each.get(); !added) std::cerr << added.error() << '\n';

  std::vector<auditor::record> batch;  // stays until the call is over
  for (int i = 0; i < 2'000; ++i) batch.emplace_back("bulk-" + std::to_string(i), start);
  const auditor::bulk_report report = client->bulk_insert(batch, {.in_flight = 4}, auditor::use_future).get();
  std::cout << report.delivered() << " delivered\n";

  auditor::cancel_flag stop;  // another thread or a signal handler says stop.request()
  const auto all = client->get({.timeout = 30s, .cancel = &stop}, auditor::use_future).get();
  std::cout << all.value().size() << " records\n";

  // The end: waits for what is under way, and ends what takes longer.
  if (!client->drain(10s, auditor::use_future).get()) std::cerr << "some calls did not come to their end\n";
}
