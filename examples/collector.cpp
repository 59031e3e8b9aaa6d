// The smallest collector: one record, pushed, with every failure said in words.
// SPDX-License-Identifier: MIT OR Apache-2.0
//
// collector URL

#include <auditor/auditor.hpp>
#include <auditor/transport/curl.hpp>

#include <chrono>
#include <iostream>

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  auto client = auditor::client_builder().connection_string(argv[1]).build();
  if (!client) {
    std::cerr << message(client.error()) << '\n';
    return 1;
  }
  const auto start = std::chrono::sys_days{std::chrono::year{2024} / 1 / 1};
  const auto record = auditor::record{"slurm-4711", start}
                          .with_component(auditor::component{"CPU", 8}.with_score("HEPSPEC06", 9.2))
                          .with_meta("site_id", "site1")
                          .with_stop_time(start + std::chrono::hours{3});
  if (auto added = client->add(record); !added) {
    std::cerr << message(added.error()) << '\n';  // which record, what happened, whether it may be stored, what to do
    return 1;
  }
  const auto seen = client->for_each(auditor::query{}.with_start_time(auditor::gte(start)),
                                     [](const auditor::record_view& r) { std::cout << r.record_id << '\n'; });
  if (!seen) {
    std::cerr << message(seen.error()) << '\n';
    return 1;
  }
  std::cout << seen->records << " record, " << to_string(seen->state) << '\n';
}
