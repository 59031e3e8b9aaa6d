// An observer that counts for a monitoring system: attempts, repeats, outcomes and bytes of each route, as Prometheus text.
// SPDX-License-Identifier: MIT OR Apache-2.0

#include <auditor/auditor.hpp>
#include <auditor/sandbox/sandbox.hpp>
#include <auditor/sandbox/transport.hpp>
#include <auditor/testing/manual_executor.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iostream>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace {

class metrics {
 public:
  void count(const auditor::attempt_event& seen) noexcept {
    counts& of = routes_[static_cast<std::size_t>(seen.request)];
    ++of.attempts;
    if (seen.repeats) ++of.repeats;
    ++of.outcomes[static_cast<std::size_t>(seen.outcome)];
    of.sent += seen.bytes_sent;
    of.received += seen.bytes_received;
  }

  void write(std::ostream& to) const {
    begin(to, "auditor_attempts_total", "Requests sent, repeats included.");
    for_each_route(
        [&](std::string_view route, const counts& of) { line(to, "auditor_attempts_total", route, {}, of.attempts); });
    begin(to, "auditor_repeats_total", "Requests that had to be sent again.");
    for_each_route(
        [&](std::string_view route, const counts& of) { line(to, "auditor_repeats_total", route, {}, of.repeats); });
    begin(to, "auditor_outcomes_total", "What the attempts came to.");
    for_each_route([&](std::string_view route, const counts& of) {
      for (std::size_t i = 0; i < of.outcomes.size(); ++i)
        if (of.outcomes[i] != 0)
          line(to, "auditor_outcomes_total", route, to_string(static_cast<auditor::outcome>(i)), of.outcomes[i]);
    });
    begin(to, "auditor_sent_bytes_total", "Bytes of request bodies.");
    for_each_route(
        [&](std::string_view route, const counts& of) { line(to, "auditor_sent_bytes_total", route, {}, of.sent); });
    begin(to, "auditor_received_bytes_total", "Bytes of answer bodies.");
    for_each_route([&](std::string_view route, const counts& of) {
      line(to, "auditor_received_bytes_total", route, {}, of.received);
    });
  }

 private:
  // With several clients in several threads these would be atomic: an observer is called by the thread that makes the call.
  struct counts {
    std::uint64_t attempts = 0, repeats = 0, sent = 0, received = 0;
    std::array<std::uint64_t, 5> outcomes{};
  };

  template <class Visit>
  void for_each_route(Visit visit) const {
    for (std::size_t i = 0; i < routes_.size(); ++i)
      if (routes_[i].attempts != 0) visit(to_string(static_cast<auditor::route>(i)), routes_[i]);
  }

  static void begin(std::ostream& to, std::string_view name, std::string_view help) {
    to << "# HELP " << name << ' ' << help << "\n# TYPE " << name << " counter\n";
  }
  static void line(std::ostream& to, std::string_view name, std::string_view route, std::string_view outcome,
                   std::uint64_t value) {
    to << name << "{route=\"" << route << '"';
    if (!outcome.empty()) to << ",outcome=\"" << outcome << '"';
    to << "} " << value << '\n';
  }

  std::array<counts, 6> routes_{};
};

}  // namespace

int main() {
  metrics counted;
  auditor::options settings;
  settings.observer = [&counted](const auditor::attempt_event& seen) { counted.count(seen); };

  auditor::sandbox server;
  // The clock of the tests, so that nobody waits for a repeat; in a program of yours it is `auditor::this_thread`.
  auditor::client client{auditor::sandbox_transport{server}, auditor::testing::manual_executor{}, settings};

  const auto start = std::chrono::sys_days{std::chrono::year{2024} / 1 / 1};
  std::vector<auditor::record> records;
  for (int i = 0; i < 100; ++i)
    records.push_back(auditor::record{"slurm-" + std::to_string(i), start}.with_component(auditor::component{"CPU", 8}));

  server.commit_then_lose();
  if (!client.add(records.front())) return 1;
  const auditor::bulk_report stored = client.bulk_insert(std::span(records).subspan(1));
  server.answer_next(503, "one moment");
  const auto seen = client.for_each(auditor::query{}, [](const auditor::record_view&) {});
  if (!stored || !seen) return 1;
  counted.write(std::cout);
}
