// What benchmarks of reads share: one read of every record, measured.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/auditor.hpp>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <string>
#include <utility>

template <class Made>
Made built(auditor::result<Made> made) {
  if (made) return *std::move(made);
  std::fprintf(stderr, "%s\n", message(made.error()).c_str());
  std::exit(1);
}

using outcome = auditor::result<auditor::read_summary>;

// In KB. Of this program alone: what getrusage says includes who started it. Since the last 5 that was written into /proc/self/clear_refs.
inline long peak_of_memory() {
  std::ifstream about("/proc/self/status");
  for (std::string word; about >> word;)
    if (word == "VmHWM:" && about >> word) return std::atol(word.c_str());
  return 0;
}

// Prints the number of records, the seconds, the seconds of CPU and the peak of memory in KB.
inline int measure(outcome (*way)(const char*), const char* url) {
  const std::clock_t cpu = std::clock();
  const auto start = std::chrono::steady_clock::now();
  const outcome read = way(url);
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - start;
  const double used = static_cast<double>(std::clock() - cpu) / CLOCKS_PER_SEC;
  if (!read) {
    std::fprintf(stderr, "%s\n", message(read.error()).c_str());
    return 1;
  }
  std::printf("%llu %.6f %.6f %ld\n", static_cast<unsigned long long>(read->records), wall.count(), used, peak_of_memory());
  return 0;
}
