// What was found over all histories: how often each thing, and in which history first.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <string_view>
#include <vector>

namespace fault {

/// How bad it is.
enum class gravity : std::uint8_t { lost, doubled, wrong };

struct complaints {
  std::uint64_t histories = 0, requests = 0, undecidable = 0;

  /// True for the first ones of each kind: they are worth their details.
  bool add(gravity how, std::string_view what, std::size_t history) {
    ++counts_[static_cast<std::size_t>(how)];
    for (kind& known : kinds_)
      if (known.what == what) return ++known.times <= 3;
    kinds_.push_back({how, what, history, 1});
    return true;
  }
  std::uint64_t count() const noexcept { return counts_[0] + counts_[1] + counts_[2]; }

  std::uint64_t count(gravity how) const noexcept { return counts_[static_cast<std::size_t>(how)]; }

  /// Each kind on a line.
  void print_kinds() const {
    constexpr const char* names[] = {"lost", "doubled", "wrong"};
    for (const kind& each : kinds_)
      std::printf("%8" PRIu64 " times %s: %.*s (first in history %zu)\n", each.times,
                  names[static_cast<std::size_t>(each.how)], static_cast<int>(each.what.size()), each.what.data(),
                  each.first);
  }
  void print(std::uint64_t seed) const {
    print_kinds();
    std::printf("fault programme: seed=%" PRIu64 " histories=%" PRIu64 " requests=%" PRIu64 " lost=%" PRIu64
                " doubled=%" PRIu64 " wrong=%" PRIu64 " undecidable=%" PRIu64 "\n",
                seed, histories, requests, counts_[0], counts_[1], counts_[2], undecidable);
  }

 private:
  struct kind {
    gravity how;
    std::string_view what;
    std::size_t first;
    std::uint64_t times;
  };
  std::uint64_t counts_[3]{};
  std::vector<kind> kinds_;
};

inline complaints total;

}  // namespace fault
