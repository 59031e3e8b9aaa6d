// An observer that logs each attempt: here a record whose first answer is lost, sent again, looked at, and read back.
// SPDX-License-Identifier: MIT OR Apache-2.0

#include <auditor/auditor.hpp>
#include <auditor/sandbox/sandbox.hpp>
#include <auditor/sandbox/transport.hpp>
#include <auditor/testing/manual_executor.hpp>

#include <chrono>
#include <iostream>
#include <ostream>

namespace {

// One line per attempt. Nothing in an event is secret or personal: no id, no payload, no query.
class attempt_log {
 public:
  explicit attempt_log(std::ostream& to) : to_(to) {}

  void write(const auditor::attempt_event& seen) {
    to_ << "auditor: " << to_string(seen.request) << ", attempt " << int{seen.attempt} << ": " << to_string(seen.code);
    if (seen.status != 0) to_ << " (HTTP " << seen.status << ')';
    to_ << ", " << to_string(seen.outcome) << ", " << seen.bytes_sent << " bytes out, " << seen.bytes_received << " in, "
        << seen.duration.count() << " ms";
    if (seen.repeats) to_ << "; again in " << seen.wait.count() << " ms";
    to_ << '\n';
  }

 private:
  std::ostream& to_;
};

}  // namespace

int main() {
  attempt_log log{std::cout};
  auditor::options settings;
  settings.observer = [&log](const auditor::attempt_event& seen) { log.write(seen); };

  auditor::sandbox server;
  // A clock that moves only when the client waits, and dice that always fall alike: the same lines in every run. In a
  // program of yours it is `auditor::this_thread`, the default.
  auditor::client client{auditor::sandbox_transport{server}, auditor::testing::manual_executor{}, settings};

  const auto start = std::chrono::sys_days{std::chrono::year{2024} / 1 / 1};
  server.commit_then_lose();  // stored, but the answer never arrives
  const auto added = client.add(auditor::record{"slurm-4711", start});
  std::cout << "add: " << to_string(added.value().how) << ", " << server.size() << " record in the database\n";

  server.cut_streams(0);  // the database dies before the first record, and the server sends an empty, whole answer
  const auto records = client.get();
  std::cout << "get: " << records.value().size() << " record, " << to_string(records.value().summary.state) << '\n';
}
