// The program of docs/getting-started.md that imports the library: it adds a record and reads it, over a function of its own.
// SPDX-License-Identifier: MIT OR Apache-2.0
import auditor;

#include <chrono>
#include <iostream>
#include <string>
#include <string_view>

int main() {
  std::string stored;
  const auto server = [&stored](const auditor::request_view& r,
                                const auditor::call&) -> auditor::result<auditor::whole_response> {
    if (r.method == auditor::verb::post) stored = r.body;
    return auditor::whole_response{.status = 200, .body = r.method == auditor::verb::get ? "[" + stored + "]" : ""};
  };
  auditor::client client{auditor::function_transport{server}};
  const auto start = std::chrono::sys_days(std::chrono::year(2026) / 1 / 1);
  const auto job = auditor::record{"job", start}.with_component({"CPU", 8}).with_meta("site", "a");
  if (auto added = client.add(job); !added) {
    std::cerr << added.error() << '\n';
    return 1;
  }
  using namespace auditor;  // gte
  const auto found = client.advanced_query(query{}.with_start_time(gte(start)), {.reads = proof::none});
  if (!found || found->records.empty() || found->records[0] != job) {
    std::cerr << found.error() << ", of " << stored << '\n';
    return 1;
  }
  std::cout << found->records[0] << '\n';
}
