// The fault programme: every operation through every kind of failure, judged by a model that knows what the server holds.
// SPDX-License-Identifier: MIT OR Apache-2.0
//
//   programme [histories] [seed] [bug] [only]     exit 0: nothing lost, doubled or reported wrongly
//
// With a bug (a build with AUDITOR_SEEDED_BUGS, made by seeded_bugs.py) the roles change: something has to be found. `only`
// is the number of the one history to run.
#include "read_history.hpp"
#include "write_history.hpp"

#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace {

using namespace fault;

void run(std::uint64_t seed, std::size_t serial) {
  switch (serial % history::kinds) {
    case 0:
    case 1: return write_history(seed, serial).add();
    case 2: return write_history(seed, serial).shared_adds();
    case 3: return write_history(seed, serial).update();
    case 4:
    case 5:
    case 6:
    case 7:
    case 8: return write_history(seed, serial).bulk_insert();
    case 9: return write_history(seed, serial).bulk_update();
    case 10: return write_history(seed, serial).health();
    case 11:
    case 12:
    case 13: return read_history(seed, serial).read();
    default: return read_history(seed, serial).read_one();
  }
}

std::uint64_t number(const char* text, std::uint64_t otherwise) {
  return text != nullptr ? std::strtoull(text, nullptr, 10) : otherwise;
}

}  // namespace

int main(int count, char** words) {
  const auto word = [&](int i) { return i < count ? words[i] : nullptr; };
  const std::uint64_t histories = number(word(1), 2'000'000), seed = number(word(2), 20'261'124);
  const std::uint64_t only = number(word(4), never);
#ifdef AUDITOR_SEEDED_BUGS
  auditor_seeded_bug = static_cast<int>(number(word(3), 0));
#endif
  for (std::uint64_t i = only == never ? 0 : only; i < (only == never ? histories : only + 1); ++i) {
    run(seed * 1'000'000'007 + i, static_cast<std::size_t>(i));
#ifdef AUDITOR_SEEDED_BUGS
    if (auditor_seeded_bug != 0 && total.count() != 0) break;
#endif
  }
  total.print(seed);
  if (total.undecidable > total.histories / 500 + 10) {  // a judge who excuses everything finds nothing
    std::printf("fault programme: too much is called undecidable\n");
    return EXIT_FAILURE;
  }
  return total.count() == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
