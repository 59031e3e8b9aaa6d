// Many records from a pool of threads: a blocking client is one thread's, so each thread has its own.
// SPDX-License-Identifier: MIT OR Apache-2.0
//
// thread_pool URL

#include <auditor/auditor.hpp>
#include <auditor/transport/curl.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <iostream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

// What the threads share: the next record that nobody has taken yet.
class work {
 public:
  explicit work(std::vector<auditor::record> records) : records_(std::move(records)) {}
  const auditor::record* take() {
    const std::size_t mine = next_++;
    return mine < records_.size() ? &records_[mine] : nullptr;
  }

 private:
  std::vector<auditor::record> records_;
  std::atomic<std::size_t> next_{0};
};

// Returns how many it has stored. A client keeps its connection from one record to the next.
std::size_t send(auditor::curl_client client, work& shared) {
  std::size_t stored = 0;
  while (const auditor::record* record = shared.take()) {
    if (const auto added = client.add(*record))
      ++stored;
    else
      std::cerr << message(added.error()) + '\n';
  }
  return stored;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const auto builder = auditor::client_builder().connection_string(argv[1]);
  auto checked = builder.build();
  if (!checked) {
    std::cerr << message(checked.error()) << '\n';
    return 1;
  }

  const auto start = std::chrono::sys_days{std::chrono::year{2024} / 1 / 1};
  std::vector<auditor::record> records;
  for (int i = 0; i < 100; ++i) records.emplace_back("job-" + std::to_string(i), start + std::chrono::minutes{i});
  work shared(std::move(records));

  std::array<std::size_t, 4> stored{};
  {
    std::array<std::jthread, 4> threads;
    for (std::size_t i = 0; i < threads.size(); ++i)
      threads[i] = std::jthread([&, i] { stored[i] = send(builder.build().value(), shared); });
  }
  std::size_t all = 0;
  for (const std::size_t each : stored) all += each;
  std::cout << all << " stored by " << stored.size() << " threads\n";
  std::cout << checked->get().value().size() << " there\n";
}
