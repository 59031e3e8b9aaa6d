// A test of a program of yours on the sandbox: no server, no socket, no waiting; and what a lost answer does.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include <auditor/auditor.hpp>
#include <auditor/sandbox/sandbox.hpp>
#include <auditor/sandbox/transport.hpp>
#include <auditor/testing/manual_executor.hpp>

#include <chrono>
#include <iostream>

namespace {

int failures = 0;
void require(bool holds, const char* what) {
  std::cout << (holds ? "ok: " : "FAILED: ") << what << '\n';
  if (!holds) ++failures;
}

enum class fate { done, keep, correct };

// What a program does with its copy of a record behind a failed call: the outcome decides, whatever the code.
fate of(const auditor::error& e) {
  switch (e.outcome) {
    case auditor::outcome::delivered:
    case auditor::outcome::duplicate: return fate::done;    // one of this id is stored
    case auditor::outcome::rejected: return fate::correct;  // never will be as it is
    case auditor::outcome::not_applied:                     // the same again later
    case auditor::outcome::unknown: return fate::keep;      // the same again, with on_duplicate::compare
  }
  return fate::keep;
}

}  // namespace

int main() {
  const auto start = std::chrono::sys_days{std::chrono::year{2024} / 1 / 1};
  const auditor::record job{"slurm-4711", start};

  auditor::sandbox server;
  // The executor's clock stands still but for what the client waits: a repeat costs no time.
  auditor::client client{auditor::sandbox_transport{server}, auditor::testing::manual_executor{}, auditor::options{}};

  server.commit_then_lose();  // it stores the record, and the answer is lost
  const auto added = client.add(job);
  require(added && server.records().size() == 1, "the repeat finds the record, and knows that it is ours");

  const auto again = client.add(job);
  require(!again && again.error().code == auditor::errc::record_exists, "a second call is a duplicate");
  require(of(again.error()) == fate::done, "and there is nothing left to do");

  server.store(auditor::record{"slurm-4712", start});
  server.cut_streams(1);  // the database dies behind the first record; HTTP does not show it
  const auto all = client.get();
  require(all && all->size() == 2, "a read that was cut short goes on where it stopped");

  server.database_down();
  require(!client.health_check(), "a dead database is an error");
  server.heal();
  return failures;
}
