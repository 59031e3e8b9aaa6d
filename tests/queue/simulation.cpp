// The simulation of a queue: what was accepted is on the server once, with the last of its stop times, or is a dead letter for a reason.
// SPDX-License-Identifier: MIT OR Apache-2.0
//
//   simulation [histories] [seed] [bug] [only]     exit 0: nothing lost, doubled or reported wrongly
//
// With a bug (a build with AUDITOR_SEEDED_BUGS, made by queue_bugs.py) something has to be found. `only` is the number of the one
// history to run.
#include "queue_history.hpp"

#include <algorithm>
#include <chrono>
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace {

using namespace queue_test;

std::uint64_t number(const char* text, std::uint64_t otherwise) {
  return text != nullptr ? std::strtoull(text, nullptr, 10) : otherwise;
}

void print(const char* who, const tally& all, std::uint64_t seed, std::chrono::milliseconds took) {
  std::printf("%s: seed=%" PRIu64 " histories=%" PRIu64 " entries=%" PRIu64 " requests=%" PRIu64 " late=%" PRIu64
              " crashes=%" PRIu64 " power_cuts=%" PRIu64 " letters=%" PRIu64 " lost=%" PRIu64 " doubled=%" PRIu64
              " wrong=%" PRIu64 " in %lld ms\n",
              who, seed, all.found.histories, all.entries, all.found.requests, all.late, all.crashes, all.power_cuts,
              all.letters, all.found.count(gravity::lost), all.found.count(gravity::doubled),
              all.found.count(gravity::wrong), static_cast<long long>(took.count()));
}

tally run(queue_history::algorithm whose, std::uint64_t first, std::uint64_t last, std::uint64_t seed, const char* who) {
  const auto begin = std::chrono::steady_clock::now();
  tally all;
  for (std::uint64_t i = first; i < last; ++i) {
    queue_history(seed * 1'000'000'007 + i, static_cast<std::size_t>(i), whose, all).run();
#ifdef AUDITOR_SEEDED_BUGS
    if (auditor_seeded_bug != 0 && all.found.count() != 0) break;
#endif
  }
  if (whose == queue_history::algorithm::ours) all.found.print_kinds();
  print(who, all, seed, std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin));
  return all;
}

}  // namespace

int main(int count, char** words) {
  const auto word = [&](int i) { return i < count ? words[i] : nullptr; };
  const std::uint64_t histories = number(word(1), 20'000), seed = number(word(2), 20'261'127);
  const std::uint64_t only = number(word(4), fault::never);
#ifdef AUDITOR_SEEDED_BUGS
  auditor_seeded_bug = static_cast<int>(number(word(3), 0));
#endif
  using algorithm = queue_history::algorithm;
  const bool one = only != fault::never;
  const tally ours = run(algorithm::ours, one ? only : 0, one ? only + 1 : histories, seed, "queue");
#ifdef AUDITOR_SEEDED_BUGS
  return ours.found.count() == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
#else
  if (one) return ours.found.count() == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
  // The same weather for the queue of others: a judge who finds nothing there is none.
  const tally theirs = run(algorithm::peers, 0, (std::min)(histories, std::uint64_t{20'000}), seed, "queue of the peers");
  return ours.found.count() == 0 && theirs.found.count(gravity::lost) != 0 ? EXIT_SUCCESS : EXIT_FAILURE;
#endif
}
