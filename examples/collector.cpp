// The smallest collector: one record there and back, with every failure said in words.
// SPDX-License-Identifier: MIT OR Apache-2.0
//
// collector [URL]

#include <auditor/auditor.hpp>
#include <auditor/transport/curl.hpp>

#include <chrono>
#include <iostream>

int main(int argc, char** argv) {
  auto client = auditor::client_builder().connection_string(argc > 1 ? argv[1] : "http://localhost:8000").build();
  if (!client) {  // a setting is wrong
    std::cerr << client.error() << '\n';
    return 1;
  }
  const auto start = std::chrono::sys_days{std::chrono::year{2024} / 1 / 1};
  const auto record = auditor::record{"slurm-4711", start}
                          .with_component(auditor::component{"CPU", 8}.with_score("HEPSPEC06", 9.2))
                          .with_meta("site_id", "site1")
                          .with_stop_time(start + std::chrono::hours{3});
  // What is sent twice is stored once, and well if it is the same.
  if (auto added = client->add(record, {.duplicates = auditor::on_duplicate::compare}); !added) {
    std::cerr << added.error() << '\n';  // which record, what happened, whether it may be stored, what to do
    return 1;
  }
  const auto list = client->get_started_since(start);
  if (!list) {
    std::cerr << list.error() << '\n';
    return 1;
  }
  for (const auditor::record& r : *list) std::cout << r.record_id << '\n';
  std::cout << list->size() << " record, " << to_string(list->summary.state) << '\n';  // complete: that is proven
}
