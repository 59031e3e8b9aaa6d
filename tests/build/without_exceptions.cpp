// A program without exceptions and RTTI that uses every floor of the library.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include "use_library.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

static_assert(AUDITOR_EXCEPTIONS == 0);

namespace {

// For docs/restricted-builds.md: what a board of yours brings.
auditor::ticks since_boot() { return auditor::ticks{1}; }
std::uint64_t noise() { return 4; }
void sleep_for(auditor::ticks) {}
void log_line(const char* text, int length) { std::fprintf(stderr, "%.*s\n", length, text); }

// In place of `this_thread`: the clock, the randomness and the waiting of a client.
struct board_executor {
  auditor::ticks now() { return since_boot(); }  // monotonic, from any origin; 64 bits, which do not wrap around
  std::uint64_t random() { return noise(); }     // for the jitter of repeats: need not be secret
  void sleep_until(auditor::ticks time, const auditor::cancel_flag* cancelled) {
    constexpr auditor::ticks step{100};  // a cancellation is heard within that
    while (now() < time && !(cancelled != nullptr && *cancelled)) sleep_for((std::min)(step, time - now()));
  }
};
static_assert(auditor::blocking_executor<board_executor>);

}  // namespace

int main() {
  auditor::set_panic_hook([](std::string_view why) noexcept {
    log_line(why.data(), static_cast<int>(why.size()));
    std::exit(1);  // else std::abort follows
  });
  auditor::client<one_record_server, board_executor> on_board{one_record_server()};
  if (!on_board.health_check()) return 1;

  const std::string said = use_library();
  std::puts(said.c_str());
  return said == "id of site" ? 0 : 1;
}
